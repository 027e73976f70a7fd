# Sourced by the scripts that get a package of Debian: `apt` asks the mirror that this machine already uses for one
# suite, checks Debian's signature, and leaves the machine's apt set-up as it is. The script has `stop MESSAGE`.
suite=trixie
keyring=/usr/share/keyrings/debian-archive-keyring.gpg

# Reads the list of deb or deb-src packages. All that apt writes lies in the folder WORK.
# usage: read_archive deb|deb-src WORK
read_archive() {
    lists=$2
    command -v apt-get >/dev/null || stop 'it comes from Debian, and there is no apt-get here.'
    [ -f "$keyring" ] || stop "Debian's keys are missing: install debian-archive-keyring."
    mirror=$(apt-get indextargets --format '$(REPO_URI) $(COMPONENT)' 'Created-By: Packages' |
        awk '$2 == "main" && $1 !~ /security/ { print $1; exit }')
    [ -n "$mirror" ] || stop 'apt has no source with the component main.'
    mkdir -p "$lists/lists/partial" "$lists/cache/archives/partial" "$lists/parts"
    printf '%s [signed-by=%s] %s %s main\n' "$1" "$keyring" "$mirror" "$suite" >"$lists/sources.list"
    apt update -o APT::Update::Error-Mode=any || stop "cannot read Debian's $suite archive at $mirror (see above)."
}

apt() {
    apt-get -q -o Dir::Etc::sourcelist="$lists/sources.list" -o Dir::Etc::sourceparts="$lists/parts" \
        -o Dir::State::lists="$lists/lists" -o Dir::Cache="$lists/cache" -o APT::Sandbox::User=root "$@"
}

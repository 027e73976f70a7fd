"""One's own classes: from folders of pictures and a trained network to a blob and a page."""

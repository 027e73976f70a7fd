# INKLING_WITHOUT is a list of switches of ink_options.h to be set to 0, for every build by make.
INKLING_SWITCHES := $(shell sed -n 's/^.ifndef \(INK_[A-Z]*\)$$/\1/p' $(INKLING_DIR)/ink_options.h)
ifneq ($(filter-out $(INKLING_SWITCHES),$(INKLING_WITHOUT)),)
$(error There is no $(filter-out $(INKLING_SWITCHES),$(INKLING_WITHOUT)) to leave out: $(INKLING_SWITCHES))
endif

# MicroPython is built for size, and so is all of ours but what computes. INKLING_BUILD is where our objects go.
$(INKLING_BUILD)/kernels/%.o: CFLAGS += -O2
INKLING_FAST := runtime/ink_image_average
$(INKLING_FAST:%=$(INKLING_BUILD)/%.o): CFLAGS += -O3
INKLING_QUICK := audio/ink_features audio/ink_fft_s16 audio/ink_fft_s32 audio/ink_micro runtime/ink_detect \
	runtime/ink_image_bilinear runtime/ink_image_openmv
$(INKLING_QUICK:%=$(INKLING_BUILD)/%.o): CFLAGS += -O2
# kernels that the packer seldom takes, that cost little, or whose inner loops are assembly
INKLING_SMALL := ink_nn_average_pool_s8 ink_nn_max_pool_s8 ink_nn_mul_s8 ink_broadcast \
	ink_broadcast_mul_s8 ink_mean_s8 ink_nn_depthwise_conv_s8 \
	armv7em/conv_general_s8 armv7em/depthwise_3x3_s8 armv7em/depthwise_packed_s8 \
	armv7em/winograd_f45_s8
$(INKLING_SMALL:%=$(INKLING_BUILD)/kernels/%.o): CFLAGS += -Os

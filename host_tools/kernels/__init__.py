"""The kernels of the blob: a card each, a family a file. `KERNELS` is the table of cards."""

from host_tools.kernels import (
    add_table,
    channel_lines,
    conv,
    conv_general,
    conv_packed,
    copy,
    depthwise_3x3,
    depthwise_conv,
    depthwise_packed,
    elementwise,
    fully_connected,
    fully_connected_packed,
    gru,
    lut,
    pool,
    quantize,
    recurrent,
    reduction,
    resize,
    softmax,
    winograd,
    winograd_f45,
)
from host_tools.kernels.card import Card

_CARDS = (
    conv.CARD,
    depthwise_conv.CARD,
    *fully_connected.CARDS,
    *pool.CARDS,
    *elementwise.CARDS,
    *softmax.CARDS,
    lut.CARD,
    copy.CARD,
    channel_lines.CARD,
    *reduction.CARDS,
    *resize.CARDS,
    *quantize.CARDS,
    depthwise_3x3.CARD,
    *depthwise_packed.CARDS,
    conv_packed.CARD,
    fully_connected_packed.CARD,
    add_table.CARD,
    *winograd.CARDS,
    winograd_f45.CARD,
    *conv_general.CARDS,
    *recurrent.CARDS,
    gru.CARD,
)

KERNELS: dict[str, Card] = {card.name: card for card in _CARDS}

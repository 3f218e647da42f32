"""Convolutions of all kinds: kernels, strides, paddings, dilations, unshared and missing connections, transposed."""

import numpy as np

from .naive_networks import C3, Small, case


def convolution(*arguments, source=(2, 7, 9), **settings):
    def build():
        net = Small(source)
        net.convolve(*arguments, **settings)
        return net.done()

    return build


def convolutions():
    """Names and builders: kernel, stride, padding, dilation, numbers of maps; across and transposed."""
    yield "valid", convolution(3, (3, 2))
    yield "one_channel", convolution(6, 5, source=(1, 9, 9))
    yield "maps_16", convolution(16, 3, source=(3, 6, 6))
    yield "maps_17", convolution(17, 3, padding=1, source=(5, 5, 6))
    yield "maps_33", convolution(33, (1, 3), source=(4, 4, 5))
    yield "channels_20", convolution(5, 3, source=(20, 5, 4))
    yield "same", convolution(4, 3, padding=1)
    yield "full", convolution(3, (3, 4), padding=(2, 3), source=(2, 4, 4))
    yield "larger_than_the_image", convolution(3, 5, padding=2, source=(2, 3, 2))
    yield "pointwise", convolution(5, 1)
    yield "strided", convolution(3, 3, 2)
    yield "strides_differ", convolution(3, (2, 3), (3, 2), (1, 2))
    yield "stride_beyond_the_kernel", convolution(3, 1, 3, source=(2, 8, 8))
    yield "strided_5_of_16", convolution(12, 5, 2, 2, source=(1, 16, 16))
    yield "dilated", convolution(3, 3, dilation=2)
    yield "dilations_differ", convolution(3, (3, 2), (1, 2), (2, 1), (2, 3))
    yield "padded_on_two_sides", convolution(3, 3, 1, (0, 1), end=(2, 0))
    yield "padding_never_seen", convolution(2, 2, 3, 1, source=(2, 6, 6))
    yield "no_bias", convolution(3, 3, bias=None)
    yield "bias_per_place", convolution(3, 3, 2, 1, bias="place")
    yield "own_weights", convolution(4, 3, own=True, source=(2, 5, 6))
    yield "own_weights_strided", convolution(3, (2, 3), 2, 1, 1, own=True, bias="place", source=(3, 5, 5))
    yield "own_weights_dilated", convolution(17, 2, 1, 1, 2, own=True, bias=None, source=(1, 4, 4))
    yield "transposed", convolution(3, 3, back=True, source=(4, 4, 5))
    yield "transposed_strided", convolution(5, (4, 3), 2, 1, back=True, source=(3, 4, 3))
    yield "transposed_far", convolution(2, 2, 3, back=True, source=(17, 3, 2))
    yield "transposed_dilated", convolution(3, (3, 2), (2, 1), 1, 2, back=True, bias=None, source=(2, 4, 4))
    table = np.broadcast_to(C3.T[:, None, None, :], (3, 3, 3, 4)).astype(float)
    yield "connection_table", convolution(4, 3, mask=table, source=(3, 6, 6))


for name, build in convolutions():
    build.__name__ = f"convolution_{name}"
    case(build)

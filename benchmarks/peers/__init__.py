# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""The same work by leadfunnel and by what people use otherwise, in the same run.

``python -m benchmarks.peers`` from the root of the checkout; docs/peers.md says what is compared.
"""

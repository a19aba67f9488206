// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#include <leadfunnel/core/impl/error.ipp>

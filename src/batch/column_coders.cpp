// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#include <leadfunnel/batch/impl/column_coders.ipp>

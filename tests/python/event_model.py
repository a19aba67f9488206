# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""The declarations that tests of events share: an attribute of each type, and two properties."""

import leadfunnel as lf

DECLARATIONS = {
    "attributes": [
        "industry",
        lf.AttributeDeclaration("employees", type="number"),
        lf.AttributeDeclaration("opted_out", type="bool"),
        lf.AttributeDeclaration("customer_since", type="timestamp"),
        lf.AttributeDeclaration("interests", type="set"),
    ],
    "properties": ["url", lf.PropertyDeclaration("pages", type="number")],
}

# Distributed under the Boost Software License, Version 1.0. See LICENSE.
# What doxygen sees of a header: the namespace without its version, which doxygen 1.9 cannot read, and
# nothing that is not for users.
s/^namespace leadfunnel::inline v0 \{/namespace leadfunnel {/
s/LEADFUNNEL_DECL *//
/^  private:/,/^(\};|  public:)/{
  /^(\};|  public:)/!d
}
/^ *friend (struct|class) /d
/^ *friend [a-z_]+;/d
/^    friend bool operator(==|<=>).* = default;/d

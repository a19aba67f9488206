# Distributed under the Boost Software License, Version 1.0. See LICENSE.
# Filters headers for doxygen: removes the inline namespace's version, which doxygen 1.9 cannot parse,
# and everything private.
s/^namespace leadfunnel::inline v0 \{/namespace leadfunnel {/
s/LEADFUNNEL_DECL *//
/^  private:/,/^(\};|  public:)/{
  /^(\};|  public:)/!d
}
/^ *friend (struct|class) /d
/^ *friend [a-z_]+;/d
/^    friend bool operator(==|<=>).* = default;/d

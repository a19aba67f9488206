// Distributed under the Boost Software License, Version 1.0. See LICENSE.

// The main program of every test binary. Apart, because Catch2's takes long to compile.
#if __has_include(<catch2/catch_session.hpp>)
#include <catch2/catch_session.hpp>
int main(int argc, char** argv) { return Catch::Session().run(argc, argv); }
#else
#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>
#endif

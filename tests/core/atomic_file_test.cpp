// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#include "catch.hpp"
#include "test_folder.hpp"

#include <leadfunnel/core/detail/atomic_file.hpp>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#if defined(LEADFUNNEL_HAS_FILE_LOCKS)
#include <csignal>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#endif

namespace fs = std::filesystem;
using leadfunnel::detail::atomic_file;
using leadfunnel::detail::file_error;

namespace {

void replace(const fs::path& p, std::string_view bytes) {
    atomic_file f{p};
    f.write(bytes);
    f.commit();
}
/// Why a target is refused; empty if it is accepted.
std::string refusal(const fs::path& p) {
    try {
        replace(p, "new");
        return {};
    } catch (const file_error& e) {
        CHECK(e.number() != 0);
        CHECK(std::string{e.what()}.find(e.why()) != std::string::npos);
        return e.what();
    }
}
bool says(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("a file is replaced as a whole, or not at all") {
    const test_folder here;
    const auto file = here.path / "kept";
    replace(file, "one");
    CHECK(read_file(file) == "one");
    {
        atomic_file given_up{file};
        given_up.write("tw");
        CHECK(here.names().size() == 2);
    }
    CHECK(read_file(file) == "one");
    CHECK(here.names() == std::set<std::string>{"kept"});
    {
        atomic_file f{file};
        f.write("xyz");
        f.to_front();
        f.write("a");
        CHECK(read_file(file) == "one");
        f.commit();
        CHECK(f.stream() == nullptr);
    }
    CHECK(read_file(file) == "ayz");
    CHECK(here.names() == std::set<std::string>{"kept"});
    // The longest name that a file system takes; names without a folder.
    const std::string longest(255, 'x');
    replace(here.path / longest, "long");
    CHECK(read_file(here.path / longest) == "long");
    CHECK(here.names().size() == 2);
    CHECK(says(refusal(here.path / std::string(256, 'x')), "cannot write"));
    const auto before = fs::current_path();
    fs::current_path(here.path);
    replace("bare", "bare");
    fs::current_path(before);
    CHECK(read_file(here.path / "bare") == "bare");
}

TEST_CASE("many write to one target at once, and a reader always finds one of them whole") {
    const test_folder here;
    const auto file = here.path / "kept";
    const auto text = [](int who, int n) {
        return std::string(70'000, static_cast<char>('a' + who)) + std::to_string(n % 10);
    };
    replace(file, text(0, 0));
    std::atomic<bool> is_done = false;
    std::atomic<int> broken = 0;
    std::thread looks{[&] {
        while (!is_done) {
            const auto found = read_file(file);
            if (found.size() != 70'001 || found.substr(0, 70'000) != std::string(70'000, found[0]))
                ++broken;
        }
    }};
    std::vector<std::thread> writers;
    for (int who = 0; who < 4; ++who)
        writers.emplace_back([&, who] {
            for (int n = 0; n < 25; ++n) replace(file, text(who, n));
        });
    for (auto& w : writers) w.join();
    is_done = true;
    looks.join();
    CHECK(broken == 0);
    CHECK(here.names() == std::set<std::string>{"kept"});
}

#if defined(LEADFUNNEL_HAS_FILE_LOCKS)

TEST_CASE("mode and owner of a file are kept, and a new one has the usual mode") {
    const test_folder here;
    const auto file = here.path / "kept";
    const auto mode_of = [&] {
        struct stat s {};
        REQUIRE(::stat(file.c_str(), &s) == 0);
        return s.st_mode & 07777U;
    };
    const auto umask_before = ::umask(027);
    replace(file, "new");
    ::umask(umask_before);
    CHECK(mode_of() == 0640);
    for (const mode_t mode : {0600U, 0644U, 0660U, 0604U}) {
        REQUIRE(::chmod(file.c_str(), mode) == 0);
        atomic_file f{file};
        struct stat s {};
        REQUIRE(::fstat(::fileno(f.stream()), &s) == 0);
        CHECK((s.st_mode & 077U) == 0); // nobody else can read the file before it has its content
        f.commit();
        CHECK(mode_of() == mode);
    }
    if (::geteuid() == 0) { // only root may give a file away
        REQUIRE(::chown(file.c_str(), 12'345, 23'456) == 0);
        REQUIRE(::chmod(file.c_str(), 0640) == 0);
        replace(file, "again");
        struct stat s {};
        REQUIRE(::stat(file.c_str(), &s) == 0);
        CHECK(s.st_uid == 12'345);
        CHECK(s.st_gid == 23'456);
        CHECK(mode_of() == 0640);
    }
}

TEST_CASE("a write through a link replaces the file that the link names") {
    const test_folder here;
    fs::create_directories(here.path / "far" / "away");
    write_file(here.path / "far" / "away" / "kept", "old");
    fs::create_symlink("away/kept", here.path / "far" / "link");
    fs::create_symlink(here.path / "far" / "link", here.path / "link");
    replace(here.path / "link", "new");
    CHECK(fs::is_symlink(here.path / "link"));
    CHECK(fs::is_symlink(here.path / "far" / "link"));
    CHECK(read_file(here.path / "far" / "away" / "kept") == "new");
    CHECK(here.names() == std::set<std::string>{"far", "link"});
    // A link to a missing file creates the file; a link to itself is refused.
    fs::create_symlink("far/fresh", here.path / "dangling");
    replace(here.path / "dangling", "made");
    CHECK(fs::is_symlink(here.path / "dangling"));
    CHECK(read_file(here.path / "far" / "fresh") == "made");
    fs::create_symlink("circle", here.path / "circle");
    CHECK(says(refusal(here.path / "circle"), "cannot write"));
}

TEST_CASE("a target that is not a file is refused by its kind, and stays") {
    const test_folder here;
    const auto refused = [&](const fs::path& p, std::string_view what) {
        struct stat before {};
        REQUIRE(::stat(p.c_str(), &before) == 0);
        const auto why = refusal(p);
        INFO(why);
        CHECK(says(why, "cannot write '"));
        CHECK(says(why, what));
        struct stat after {};
        REQUIRE(::stat(p.c_str(), &after) == 0);
        CHECK(before.st_ino == after.st_ino);
    };
    REQUIRE(::mkfifo((here.path / "pipe").c_str(), 0600) == 0);
    refused(here.path / "pipe", "it is a pipe");
    fs::create_symlink("pipe", here.path / "link");
    refused(here.path / "link", "it is a pipe");
    refused("/dev/null", "it is a device");
    fs::create_directory(here.path / "folder");
    refused(here.path / "folder", "it is a folder");
    refused(here.path / "folder/", "Is a directory");
    refused(here.path / ".", "it is a folder");
    const int s = ::socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const auto name = (here.path / "socket").string();
    REQUIRE(name.size() < sizeof address.sun_path);
    name.copy(address.sun_path, name.size());
    REQUIRE(::bind(s, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0); // NOLINT
    refused(here.path / "socket", "it is a socket");
    ::close(s);
    CHECK(says(refusal(here.path / "nowhere" / "kept"), "No such file"));
    CHECK(says(refusal(""), "cannot write ''"));
    CHECK(here.names() == std::set<std::string>{"pipe", "link", "folder", "socket"});
}

TEST_CASE("the leftovers of a killed process are removed, and nothing else") {
    const test_folder here;
    const auto file = here.path / "kept";
    const auto left = [&] {
        auto names = here.names();
        names.erase("kept");
        return names;
    };
    const auto killed = [&](const fs::path& target) {
        const auto child = ::fork();
        if (child == 0) {
            atomic_file f{target};
            f.write("half");
            ::raise(SIGKILL);
        }
        int how = 0;
        REQUIRE(::waitpid(child, &how, 0) == child);
        REQUIRE(WIFSIGNALED(how));
    };
    killed(file);
    killed(file);
    CHECK(left().size() == 1); // the second has removed what the first left behind
    killed(here.path / "kep");
    CHECK(left().size() == 2);
    // Names for another target, names of another form, and a file that is being written.
    for (const auto* name :
         {".kept.0123456789abcde.part", ".kept.0123456789abcdeX.part", "kept.part",
          ".kept.0123456789abcdef.par", "kept.0123456789abcdef.part"})
        write_file(here.path / name, "mine");
    fs::create_directory(here.path / ".kept.00000000000000aa.part");
    fs::create_symlink("kept.part", here.path / ".kept.00000000000000bb.part");
    const atomic_file being_written{file};
    replace(file, "new");
    CHECK(read_file(file) == "new");
    CHECK(left().size() == 1 + 5 + 2 + 1);
    CHECK(read_file(here.path / "kept.part") == "mine");
    replace(here.path / "kep", "new");
    CHECK(left().size() == 1 + 5 + 2 + 1); // "kep" took the place of what was left behind
}

TEST_CASE("a refusal by the system is reported, and the old file stays") {
    const test_folder here;
    const auto file = here.path / "kept";
    replace(file, "old");
    // A full disk, simulated by a limit on file sizes.
    const auto child = ::fork();
    if (child == 0) {
        ::signal(SIGXFSZ, SIG_IGN);
        const rlimit most{1'000, 1'000};
        ::setrlimit(RLIMIT_FSIZE, &most);
        try {
            replace(file, std::string(2'000, 'x'));
            ::_exit(1);
        } catch (const file_error& e) {
            ::_exit(e.number() == EFBIG ? 0 : 2);
        }
    }
    int how = 0;
    REQUIRE(::waitpid(child, &how, 0) == child);
    CHECK(WIFEXITED(how));
    CHECK(WEXITSTATUS(how) == 0);
    CHECK(read_file(file) == "old");
    CHECK(here.names() == std::set<std::string>{"kept"});
}

#endif

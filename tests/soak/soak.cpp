// Distributed under the Boost Software License, Version 1.0. See LICENSE.

// Ten million events through a million leads, everything checked ten times on the way.
//
//     soak [EVENTS [LEADS [SEED]]]

#include "engine/soak.hpp"

#include <chrono>
#include <cstdlib>
#include <exception>
#include <iostream>

int main(int argc, char** argv) {
    soak::sizes n;
    if (argc > 1) n.events = static_cast<std::size_t>(std::atoll(argv[1]));
    if (argc > 2) n.leads = static_cast<std::size_t>(std::atoll(argv[2]));
    if (argc > 3) n.seed = static_cast<std::uint64_t>(std::atoll(argv[3]));
    const auto began = std::chrono::steady_clock::now();
    try {
        const auto out =
            soak::run(n, [](const std::string& line) { std::cout << line << std::endl; });
        const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
        std::cout << out.taken << " taken, " << out.duplicates << " duplicates, " << out.refused
                  << " refused, " << out.late << " late\n";
        for (const auto& [kind, count] : out.signals)
            std::cout << to_string(kind) << ": " << count << '\n';
        const auto& m = out.memory;
        const auto per = [](std::size_t bytes, std::size_t things) {
            return static_cast<double>(bytes) / static_cast<double>(things == 0 ? 1 : things);
        };
        std::cout << per(m.lead_bytes, m.leads) << " bytes a lead, " << per(m.index_bytes, m.leads)
                  << " for indices, " << per(m.touchpoint_bytes, m.touchpoints)
                  << " bytes a touchpoint, " << m.dictionary_bytes << " bytes of dictionaries\n"
                  << took.count() << " s\n";
    } catch (const std::exception& e) {
        std::cerr << "soak: " << e.what() << '\n';
        return 1;
    }
}

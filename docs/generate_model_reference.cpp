// Distributed under the Boost Software License, Version 1.0. See LICENSE.

// Writes docs/model.md, docs/model.schema.json and docs/waterfalls.md:
// `model_reference <folder docs> <folder examples/models>`.

#include "model_reference.hpp"
#include "waterfalls.hpp"

#include <leadfunnel/model/json.hpp>

#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

namespace {

void write(const std::filesystem::path& path, const std::string& text) {
    std::ofstream out(path, std::ios::binary);
    out << text;
    out.close();
    if (!out) throw std::runtime_error("cannot write " + path.string());
}

std::string contents(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    if (!in) throw std::runtime_error("cannot read " + path.string());
    return {std::istreambuf_iterator<char>(in), {}};
}

} // namespace

int main(int count, char** arguments) {
    try {
        if (count != 3)
            throw std::runtime_error(
                "usage: model_reference <folder docs> <folder examples/models>");
        const std::filesystem::path docs = arguments[1];
        write(docs / "model.md", leadfunnel_docs::model_reference(contents(docs / "model.in.md")));
        write(docs / "model.schema.json", leadfunnel::model_schema());
        write(docs / "waterfalls.md",
              leadfunnel_docs::waterfalls_page(contents(docs / "waterfalls.in.md"), arguments[2]));
    } catch (const std::exception& e) {
        std::fprintf(stderr, "model_reference: %s\n", e.what());
        return 1;
    }
}

// Distributed under the Boost Software License, Version 1.0. See LICENSE.

// Writes docs/model.md and docs/model.schema.json: `model_reference <folder docs>`.

#include "model_reference.hpp"

#include <leadfunnel/model/json.hpp>

#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace {

void write(const std::filesystem::path& path, const std::string& text) {
    std::ofstream out(path, std::ios::binary);
    out << text;
    out.close();
    if (!out) throw std::runtime_error("cannot write " + path.string());
}

} // namespace

int main(int count, char** arguments) {
    try {
        if (count != 2) throw std::runtime_error("usage: model_reference <folder docs>");
        const std::filesystem::path docs = arguments[1];
        std::ifstream in(docs / "model.in.md", std::ios::binary);
        if (!in) throw std::runtime_error("cannot read " + (docs / "model.in.md").string());
        const std::string frame{std::istreambuf_iterator<char>(in), {}};
        write(docs / "model.md", leadfunnel_docs::model_reference(frame));
        write(docs / "model.schema.json", leadfunnel::model_schema());
    } catch (const std::exception& e) {
        std::fprintf(stderr, "model_reference: %s\n", e.what());
        return 1;
    }
}

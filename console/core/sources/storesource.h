// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <utility>

#include "console/core/sources/querysource.h"
#include "console/core/store/store.h"

namespace tapio::console {

/// The embedded store, by the engine of console/core/promql. `reader` outlives it.
class StoreSource final : public QuerySource {
public:
    /// `file`: what `reader` reads, for its name.
    StoreSource(const StoreReader &reader, std::filesystem::path file) : m_reader(reader), m_file(std::move(file)) {}

    std::string name() const override;
    /// Errors: InvalidArgument (the query, with its place; what its data does not allow), else those of promql::evaluateRange.
    tl::expected<QueryAnswer, Unanswered> ask(const Question &question, std::stop_token stop) override;

private:
    const StoreReader &m_reader;
    std::filesystem::path m_file;
};

} // namespace tapio::console

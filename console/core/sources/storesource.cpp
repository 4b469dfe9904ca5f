// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/core/sources/storesource.h"

#include "console/core/metrics/storesamples.h"
#include "console/core/promql/parser.h"

namespace tapio::console {

std::string StoreSource::name() const { return "store " + m_file.native(); }

tl::expected<QueryAnswer, Unanswered> StoreSource::ask(const Question &question, std::stop_token stop)
{
    const auto query = promql::parseQuery(question.expression);
    if (!query)
        return tl::unexpected(Unanswered{Error(Errc::InvalidArgument, query.error().located(question.expression)), query.error()});
    const StoreSamples samples(m_reader);
    auto result = question.isRange ? promql::evaluateRange(**query, question.times, samples, {}, stop)
                                   : promql::evaluateAt(**query, question.times.endMs, samples, {}, stop);
    if (!result)
        return tl::unexpected(Unanswered{result.error(), std::nullopt});
    return QueryAnswer{std::move(*result), {}};
}

} // namespace tapio::console

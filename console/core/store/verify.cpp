// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/core/store/verify.h"

#include <algorithm>
#include <numeric>

#include "console/core/store/chunkcodec.h"
#include "console/core/store/digest.h"
#include "console/core/store/schema.h"
#include "console/core/store/seriescodec.h"
#include "console/core/store/sqlite.h"

namespace tapio::console {

namespace {

constexpr std::size_t problemLimit = 1000;

std::string hex(BlobView bytes)
{
    static constexpr char digits[] = "0123456789abcdef";
    std::string text;
    for (const std::uint8_t byte : bytes) {
        text.push_back(digits[byte >> 4]);
        text.push_back(digits[byte & 15]);
    }
    return text;
}

class Verifier {
public:
    Verifier(Database &database, std::stop_token stop) : m_database(database), m_stop(std::move(stop)) {}

    Result<VerifyReport> run()
    {
        Transaction transaction(m_database);
        Status status = transaction.begin(Transaction::Kind::Read);
        if (status)
            status = tolerate(checkStructure());
        if (status)
            status = tolerate(checkChunks());
        if (status)
            status = tolerate(checkBlocks("SELECT id, grp, tier, data FROM sample_block ORDER BY id"));
        if (status)
            status = tolerate(checkBlocks("SELECT id, 0, -1, data FROM sample_recent ORDER BY id"));
        if (!status)
            return fail(status.error());
        return std::move(m_report);
    }

private:
    /// Damage that SQLite itself finds is a problem of the file, not of verifying.
    Status tolerate(Status status)
    {
        if (status || status.error().code() != Errc::Corrupt)
            return status;
        problem(status.error().context());
        return {};
    }
    void problem(std::string text)
    {
        if (m_report.problems.size() < problemLimit)
            m_report.problems.push_back(std::move(text));
    }
    Status stopped() const { return m_stop.stop_requested() ? fail(Errc::Cancelled, "verifying was cancelled") : Status(); }

    Status checkStructure()
    {
        Statement check = m_database.statement("PRAGMA quick_check(100)");
        Result<bool> row = check.step();
        for (; row && *row; row = check.step()) {
            if (check.text(0) != "ok")
                problem("SQLite: " + check.text(0));
        }
        return row ? Status() : fail(row.error());
    }

    Status checkChunks()
    {
        Statement query = m_database.statement("SELECT z.id, z.n, z.digest, z.previous, z.hash, c.data FROM event_zone z"
                                               " LEFT JOIN event_chunk c ON c.id = z.id ORDER BY z.id");
        std::int64_t expected = 0;
        Result<bool> row = query.step();
        for (; row && *row; row = query.step()) {
            if (Status status = stopped(); !status)
                return status;
            const std::int64_t id = query.integer(0);
            const std::int64_t n = query.integer(1);
            if (expected != 0 && id != expected)
                problem("events " + std::to_string(expected) + " to " + std::to_string(id - 1) + " are missing");
            expected = id + n;
            ++m_report.chunks;
            m_report.events += static_cast<std::uint64_t>(std::max<std::int64_t>(n, 0));
            checkChunk(query, id, n);
            checkChain(query, id);
        }
        if (!row)
            return fail(row.error());
        const Result<std::int64_t> next = m_database.integer("SELECT value FROM meta WHERE key='next_event'");
        if (!next)
            return fail(next.error());
        if (expected != 0 && expected != *next)
            problem("events " + std::to_string(expected) + " to " + std::to_string(*next - 1) + " are missing at the end");
        return {};
    }

    void checkChunk(const Statement &query, std::int64_t id, std::int64_t n)
    {
        const std::string name = "chunk " + std::to_string(id);
        const BlobView data = query.blob(5);
        const Digest digest = chunkDigest(data, id, static_cast<std::uint32_t>(n));
        if (!std::ranges::equal(digest, query.blob(2)))
            problem(name + ": its bytes are not the ones that were stored");
        Result<EventChunk> chunk =
            EventChunk::open(Blob(data.begin(), data.end()), static_cast<std::size_t>(std::max<std::int64_t>(n, 0)), m_decompressor);
        if (!chunk)
            return problem(name + ": " + chunk.error().context());
        std::vector<std::uint32_t> rows(chunk->rows());
        std::iota(rows.begin(), rows.end(), 0u);
        if (Status status = chunk->loadDetails(rows); !status)
            problem(name + ": " + status.error().context());
    }

    void checkChain(const Statement &query, std::int64_t id)
    {
        if (query.isNull(4))
            return;
        Digest previous{};
        Digest digest{};
        std::ranges::copy(query.blob(3).first(std::min(query.blob(3).size(), previous.size())), previous.begin());
        std::ranges::copy(query.blob(2).first(std::min(query.blob(2).size(), digest.size())), digest.begin());
        // What retention removed cannot be asked for: the oldest chunk's link is taken as given.
        if (m_report.sealedChunks != 0 && hex(previous) != m_report.lastHash)
            problem("chunk " + std::to_string(id) + ": the chain of hashes is broken before it");
        if (!std::ranges::equal(chainHash(previous, digest), query.blob(4)))
            problem("chunk " + std::to_string(id) + ": its hash is wrong");
        if (m_report.chunks != m_report.sealedChunks + 1)
            problem("chunk " + std::to_string(id) + ": it is sealed, but an older one is not");
        ++m_report.sealedChunks;
        m_report.lastHash = hex(query.blob(4));
    }

    Status checkBlocks(const char *sql)
    {
        Statement query = m_database.statement(sql);
        Result<bool> row = query.step();
        for (; row && *row; row = query.step()) {
            if (Status status = stopped(); !status)
                return status;
            Blob data(query.blob(3).begin(), query.blob(3).end());
            Status status;
            const auto note = [&status](const auto &result) { status = result ? Status() : fail(result.error()); };
            if (query.integer(2) == 0)
                note(decodeBlock(std::move(data), query.integer(1), m_decompressor));
            else if (query.integer(2) == 1)
                note(decodeTier(std::move(data), m_decompressor));
            else
                note(decodeRecent(std::move(data), m_decompressor));
            if (!status)
                problem("readings " + std::to_string(query.integer(0)) + ": " + status.error().context());
            ++m_report.sampleBlocks;
        }
        return row ? Status() : fail(row.error());
    }

    Database &m_database;
    std::stop_token m_stop;
    Decompressor m_decompressor;
    VerifyReport m_report;
};

} // namespace

Result<VerifyReport> verifyStore(const std::filesystem::path &file, std::stop_token stop)
{
    Result<std::unique_ptr<Database>> database = openForReading(file);
    if (!database)
        return fail(database.error());
    return Verifier(**database, std::move(stop)).run();
}

} // namespace tapio::console

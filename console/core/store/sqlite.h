// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "console/core/store/bytes.h"
#include "protocol/base/result.h"

struct sqlite3;
struct sqlite3_blob;
struct sqlite3_stmt;

/// A thin layer over SQLite. The only place that knows SQLite's codes: everything above sees Result and Error.
/// One thread at a time per Database, and for what it hands out.
namespace tapio::console {

class Database;

/// A statement taken from its Database's cache, given back (and reset) at the end of its scope. Failing to prepare or
/// bind is remembered and returned by the next step, so that callers check one place. Bound texts and blobs must
/// outlive the step.
class Statement {
public:
    ~Statement();
    Statement(Statement &&other) noexcept;
    Statement(const Statement &) = delete;
    Statement &operator=(const Statement &) = delete;
    Statement &operator=(Statement &&) = delete;

    template <typename... Values> Statement &bind(const Values &...values)
    {
        int at = 0;
        (bindOne(++at, values), ...);
        return *this;
    }
    /// True: there is a row.
    Result<bool> step();
    /// Steps to the end and resets, so that it can be bound again.
    Status run();
    void reset();

    std::int64_t integer(int column) const;
    bool isNull(int column) const;
    std::string text(int column) const;
    BlobView blob(int column) const; ///< valid until the next step

private:
    friend class Database;
    Statement(Database &database, sqlite3_stmt *statement, std::string sql);

    void bindOne(int at, std::int64_t value);
    void bindOne(int at, int value) { bindOne(at, static_cast<std::int64_t>(value)); }
    void bindOne(int at, unsigned value) { bindOne(at, static_cast<std::int64_t>(value)); }
    void bindOne(int at, std::uint64_t value) { bindOne(at, static_cast<std::int64_t>(value)); }
    void bindOne(int at, std::string_view value);
    void bindOne(int at, const std::string &value) { bindOne(at, std::string_view(value)); }
    void bindOne(int at, BlobView value);
    void bindOne(int at, const Blob &value) { bindOne(at, BlobView(value)); }
    void bindOne(int at, std::nullptr_t);
    void note(int code);

    Database *m_database;
    sqlite3_stmt *m_statement;
    std::string m_sql;
    std::optional<Error> m_error;
};

/// Reads the front part of blobs of one column without the rest.
class BlobReader {
public:
    BlobReader(Database &database, std::string table, std::string column);
    ~BlobReader();
    BlobReader(const BlobReader &) = delete;
    BlobReader &operator=(const BlobReader &) = delete;

    /// At most `bytes` of the blob in row `id`. Errors: Corrupt when the row is not there.
    Status read(std::int64_t id, std::size_t bytes, Blob &out);

private:
    Database &m_database;
    std::string m_table;
    std::string m_column;
    sqlite3_blob *m_blob = nullptr;
};

class Database {
public:
    /// Immutable: a file that nobody changes, on a medium where SQLite cannot put its side files.
    enum class Mode { ReadOnly, ReadWrite, Immutable };

    /// Opens, waits for locks up to some seconds from then on. Errors: NoSpace, ReadOnly, PermissionDenied, NotFound, Io.
    static Result<std::unique_ptr<Database>> open(const std::filesystem::path &file, Mode mode, const std::string &vfs);
    ~Database();
    Database(const Database &) = delete;
    Database &operator=(const Database &) = delete;

    Status execute(const std::string &sql); ///< several statements, no parameters
    Statement statement(std::string_view sql);
    Result<std::int64_t> integer(std::string_view sql); ///< first column of the first row
    bool inTransaction() const;
    /// Rows changed by the last INSERT, UPDATE or DELETE.
    std::int64_t changes() const;

    const std::filesystem::path &file() const { return m_file; }
    /// Translates SQLite's last result on this connection into our terms; `doing` completes "while ...".
    Error error(int code, std::string_view doing) const;

private:
    friend class Statement;
    friend class BlobReader;
    Database(sqlite3 *handle, std::filesystem::path file);
    void giveBack(const std::string &sql, sqlite3_stmt *statement);

    sqlite3 *m_handle;
    std::filesystem::path m_file;
    std::unordered_map<std::string, std::vector<sqlite3_stmt *>> m_idle;
};

/// BEGIN IMMEDIATE (or a read snapshot) that rolls back unless committed.
class Transaction {
public:
    enum class Kind { Read, Write };
    explicit Transaction(Database &database) : m_database(database) {}
    ~Transaction();
    Transaction(const Transaction &) = delete;
    Transaction &operator=(const Transaction &) = delete;

    Status begin(Kind kind = Kind::Write);
    Status commit();

private:
    Database &m_database;
    bool m_open = false;
};

} // namespace tapio::console

// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/core/store/sqlite.h"

#include <cerrno>

#include <sqlite3.h>

#include "console/core/store/mountpoint.h"

namespace tapio::console {

namespace {

constexpr int busyTimeoutMs = 5000;

Errc codeOf(int code, int errnum)
{
    switch (code & 0xff) {
    case SQLITE_FULL: return Errc::NoSpace;
    case SQLITE_READONLY: return Errc::ReadOnly;
    case SQLITE_PERM:
    case SQLITE_AUTH: return Errc::PermissionDenied;
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return Errc::Busy;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_FORMAT: return Errc::Corrupt;
    case SQLITE_INTERRUPT: return Errc::Cancelled;
    case SQLITE_CANTOPEN:
    case SQLITE_IOERR: return errnum != 0 ? errcFromErrno(errnum) : Errc::Io;
    // A table or column that should be there is not, or holds another type: the file is not what it says it is.
    case SQLITE_ERROR:
    case SQLITE_MISMATCH:
    case SQLITE_CONSTRAINT: return Errc::Corrupt;
    default: return Errc::Internal;
    }
}

/// https://www.sqlite.org/uri.html
std::string immutableUri(const std::filesystem::path &file)
{
    static constexpr char digits[] = "0123456789ABCDEF";
    std::string uri = "file:";
    for (const char c : file.string()) {
        if (c == '%' || c == '?' || c == '#') {
            const auto byte = static_cast<unsigned char>(c);
            uri.push_back('%');
            uri.push_back(digits[byte >> 4]);
            uri.push_back(digits[byte & 15]);
        } else {
            uri.push_back(c);
        }
    }
    return uri + "?immutable=1";
}

/// What a person can do about it, appended to the error's sentence.
std::string adviceFor(Errc code, const std::filesystem::path &file)
{
    switch (code) {
    case Errc::NoSpace: return "; free space on " + mountPointOf(file).string() + " or choose another folder";
    case Errc::ReadOnly: return "; its folder or file system is read-only: make it writable or choose another folder";
    case Errc::PermissionDenied: return "; give this user access to the folder or choose another one";
    case Errc::Corrupt: return "; the file is damaged or not a Tapio store: move it away to start a new one";
    default: return "";
    }
}

} // namespace

Statement::Statement(Database &database, sqlite3_stmt *statement, std::string sql)
    : m_database(&database), m_statement(statement), m_sql(std::move(sql))
{}

Statement::Statement(Statement &&other) noexcept
    : m_database(other.m_database), m_statement(other.m_statement), m_sql(std::move(other.m_sql)), m_error(std::move(other.m_error))
{
    other.m_statement = nullptr;
}

Statement::~Statement()
{
    if (m_statement != nullptr)
        m_database->giveBack(m_sql, m_statement);
}

void Statement::note(int code)
{
    if (code != SQLITE_OK && !m_error)
        m_error = m_database->error(code, m_sql);
}

void Statement::bindOne(int at, std::int64_t value)
{
    if (m_statement != nullptr)
        note(sqlite3_bind_int64(m_statement, at, value));
}

void Statement::bindOne(int at, std::string_view value)
{
    if (m_statement != nullptr)
        note(sqlite3_bind_text64(m_statement, at, value.data() != nullptr ? value.data() : "", value.size(), SQLITE_STATIC, SQLITE_UTF8));
}

void Statement::bindOne(int at, BlobView value)
{
    static const std::uint8_t none = 0;
    if (m_statement != nullptr)
        note(sqlite3_bind_blob64(m_statement, at, value.empty() ? &none : value.data(), value.size(), SQLITE_STATIC));
}

void Statement::bindOne(int at, std::nullptr_t)
{
    if (m_statement != nullptr)
        note(sqlite3_bind_null(m_statement, at));
}

Result<bool> Statement::step()
{
    if (m_error)
        return fail(*m_error);
    const int code = sqlite3_step(m_statement);
    if (code == SQLITE_ROW)
        return true;
    if (code == SQLITE_DONE) {
        sqlite3_reset(m_statement);
        return false;
    }
    Error error = m_database->error(code, m_sql);
    sqlite3_reset(m_statement);
    return fail(std::move(error));
}

Status Statement::run()
{
    for (;;) {
        const Result<bool> row = step();
        if (!row)
            return fail(row.error());
        if (!*row)
            return {};
    }
}

void Statement::reset()
{
    if (m_statement != nullptr)
        sqlite3_reset(m_statement);
}

std::int64_t Statement::integer(int column) const { return sqlite3_column_int64(m_statement, column); }
bool Statement::isNull(int column) const { return sqlite3_column_type(m_statement, column) == SQLITE_NULL; }

std::string Statement::text(int column) const
{
    const BlobView bytes = blob(column);
    return std::string(bytes.begin(), bytes.end());
}

BlobView Statement::blob(int column) const
{
    const void *data = sqlite3_column_blob(m_statement, column);
    const int size = sqlite3_column_bytes(m_statement, column);
    if (data == nullptr || size <= 0)
        return {};
    return {static_cast<const std::uint8_t *>(data), static_cast<std::size_t>(size)};
}

BlobReader::BlobReader(Database &database, std::string table, std::string column)
    : m_database(database), m_table(std::move(table)), m_column(std::move(column))
{}

BlobReader::~BlobReader() { sqlite3_blob_close(m_blob); }

Status BlobReader::read(std::int64_t id, std::size_t bytes, Blob &out)
{
    int code = m_blob != nullptr ? sqlite3_blob_reopen(m_blob, id) : SQLITE_ABORT;
    if (code == SQLITE_ABORT) { // also: the row that the handle stood on was changed
        sqlite3_blob_close(m_blob);
        m_blob = nullptr;
        code = sqlite3_blob_open(m_database.m_handle, "main", m_table.c_str(), m_column.c_str(), id, 0, &m_blob);
    }
    if (code == SQLITE_OK) {
        out.resize(std::min<std::size_t>(bytes, static_cast<std::size_t>(sqlite3_blob_bytes(m_blob))));
        code = sqlite3_blob_read(m_blob, out.data(), static_cast<int>(out.size()), 0);
    }
    if (code == SQLITE_OK)
        return {};
    Error error = m_database.error(code, "reading " + m_table);
    sqlite3_blob_close(m_blob);
    m_blob = nullptr;
    return fail(std::move(error));
}

Database::Database(sqlite3 *handle, std::filesystem::path file) : m_handle(handle), m_file(std::move(file)) {}

Database::~Database()
{
    for (const auto &[sql, statements] : m_idle) {
        for (sqlite3_stmt *statement : statements)
            sqlite3_finalize(statement);
    }
    sqlite3_close_v2(m_handle);
}

Result<std::unique_ptr<Database>> Database::open(const std::filesystem::path &file, Mode mode, const std::string &vfs)
{
    const int flags = (mode == Mode::ReadWrite ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY) | SQLITE_OPEN_NOMUTEX
                      | SQLITE_OPEN_EXRESCODE | (mode == Mode::Immutable ? SQLITE_OPEN_URI : 0);
    const std::string name = mode == Mode::Immutable ? immutableUri(file) : file.string();
    sqlite3 *handle = nullptr;
    const int code = sqlite3_open_v2(name.c_str(), &handle, flags, vfs.empty() ? nullptr : vfs.c_str());
    if (handle == nullptr)
        return fail(Errc::Internal, "SQLite could not be started for '" + file.string() + "'");
    std::unique_ptr<Database> database(new Database(handle, file));
    if (code != SQLITE_OK)
        return fail(database->error(code, "opening it"));
    sqlite3_busy_timeout(handle, busyTimeoutMs);
    // The file may come from elsewhere: its schema must not run anything, and odd cells must be seen.
    sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    if (Status status = database->execute("PRAGMA cell_size_check=ON"); !status)
        return fail(status.error());
    return database;
}

Status Database::execute(const std::string &sql)
{
    const int code = sqlite3_exec(m_handle, sql.c_str(), nullptr, nullptr, nullptr);
    if (code == SQLITE_OK)
        return {};
    return fail(error(code, sql));
}

Statement Database::statement(std::string_view sql)
{
    std::string key(sql);
    if (const auto found = m_idle.find(key); found != m_idle.end() && !found->second.empty()) {
        sqlite3_stmt *idle = found->second.back();
        found->second.pop_back();
        return Statement(*this, idle, std::move(key));
    }
    sqlite3_stmt *prepared = nullptr;
    const int code = sqlite3_prepare_v3(m_handle, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT, &prepared, nullptr);
    Statement statement(*this, prepared, std::move(key));
    statement.note(code);
    return statement;
}

void Database::giveBack(const std::string &sql, sqlite3_stmt *statement)
{
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
    m_idle[sql].push_back(statement);
}

Result<std::int64_t> Database::integer(std::string_view sql)
{
    Statement query = statement(sql);
    const Result<bool> row = query.step();
    if (!row)
        return fail(row.error());
    return *row ? query.integer(0) : 0;
}

bool Database::inTransaction() const { return sqlite3_get_autocommit(m_handle) == 0; }
std::int64_t Database::changes() const { return sqlite3_changes64(m_handle); }

Error Database::error(int code, std::string_view doing) const
{
    const int primary = code & 0xff;
    const bool system = primary == SQLITE_IOERR || primary == SQLITE_CANTOPEN;
    const int errnum = system ? sqlite3_system_errno(m_handle) : primary == SQLITE_FULL ? ENOSPC : 0;
    const Errc errc = codeOf(code, errnum);
    std::string context = "store '" + m_file.string() + "': " + sqlite3_errstr(code);
    if (errc == Errc::Corrupt || errc == Errc::Internal) {
        context += " (";
        context += sqlite3_errmsg(m_handle);
        context += ", while ";
        context += doing;
        context += ')';
    }
    context += adviceFor(errc, m_file);
    return Error(errc, std::move(context), errnum);
}

Transaction::~Transaction()
{
    // Rolling back can only fail when there is nothing left to roll back: SQLite does it by itself on some errors.
    if (m_open && m_database.inTransaction())
        (void)m_database.execute("ROLLBACK");
}

Status Transaction::begin(Kind kind)
{
    Status status = m_database.execute(kind == Kind::Write ? "BEGIN IMMEDIATE" : "BEGIN");
    m_open = status.has_value();
    return status;
}

Status Transaction::commit()
{
    Status status = m_database.execute("COMMIT");
    if (status)
        m_open = false;
    return status;
}

} // namespace tapio::console

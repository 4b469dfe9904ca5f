// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/core/store/verdict.h"

#include <array>
#include <system_error>

#include <unistd.h>

#include "console/core/store/lockfile.h"
#include "console/core/store/schema.h"
#include "console/core/store/verdicttable.h"

namespace tapio::console {

namespace {

constexpr std::array<std::string_view, 4> names{"unknown", "confirmed", "rejected", "withdrawn"};

/// Of a console that runs the tables are made; those of another version are not ours to change under its hands.
Status requireOurVersion(Database &database)
{
    const Result<std::int64_t> version = schemaVersion(database);
    if (!version)
        return fail(version.error());
    if (*version == storeSchemaVersion)
        return {};
    return fail(Errc::VersionMismatch, "store '" + database.file().string() + "' is written by a console of another version (tables "
                                           + std::to_string(*version) + ", here " + std::to_string(storeSchemaVersion)
                                           + "): give the verdict there, or close that console first");
}

/// SQLite would open it for reading instead, and fail late with few words.
Status requireWritable(const std::filesystem::path &file)
{
    std::error_code error;
    if (!std::filesystem::exists(file, error))
        return error ? failErrno("store '" + file.string() + "' cannot be looked at", error.value())
                     : fail(Errc::NotFound, "there is no store '" + file.string() + "'");
    if (access(file.c_str(), W_OK) == 0)
        return {};
    const int errnum = errno;
    return failErrno("store '" + file.string()
                         + "' can only be read, so no verdict is stored in it: copy it to where this user may write, and name the copy",
                     errnum);
}

} // namespace

std::string_view verdictKindName(VerdictKind kind) noexcept
{
    const auto index = static_cast<std::size_t>(kind);
    return index < names.size() ? names[index] : names[0];
}

VerdictKind verdictKindFromName(std::string_view name) noexcept
{
    for (std::size_t i = 1; i < names.size(); ++i) {
        if (names[i] == name)
            return static_cast<VerdictKind>(i);
    }
    return VerdictKind::Unknown;
}

Status checkVerdict(const Verdict &verdict)
{
    if (verdictKindName(verdict.kind) == names[0])
        return fail(Errc::InvalidArgument, "a verdict is confirmed, rejected or withdrawn");
    if (verdict.reason.size() > Verdict::mostReasonBytes)
        return fail(Errc::InvalidArgument, "the reason has " + std::to_string(verdict.reason.size()) + " bytes, and may have "
                                               + std::to_string(Verdict::mostReasonBytes));
    if (verdict.kind != VerdictKind::Withdrawn && verdict.reason.find_first_not_of(" \t\r\n") == std::string::npos)
        return fail(Errc::InvalidArgument, "a verdict needs a reason: what was seen that makes it right or wrong");
    return {};
}

Status addVerdict(const std::filesystem::path &file, const Verdict &verdict, const Clock &clock)
{
    Status status = checkVerdict(verdict);
    if (status)
        status = requireWritable(file);
    if (!status)
        return status;
    const Result<std::unique_ptr<LockFile>> lock = LockFile::take(file);
    if (!lock && lock.error().code() != Errc::Busy)
        return fail(lock.error());
    const Result<std::unique_ptr<Database>> database = Database::open(file, Database::Mode::ReadWrite, {});
    if (!database)
        return fail(database.error());
    if (lock)
        status = prepareForWriting(**database, clock.utcNs());
    else
        status = requireOurVersion(**database);
    if (status)
        status = (*database)->execute("PRAGMA synchronous=FULL"); // of this connection; the file's is the console's choice
    Transaction transaction(**database);
    if (status)
        status = transaction.begin();
    if (status)
        status = insertVerdict(**database, verdict);
    if (status)
        status = transaction.commit();
    return status;
}

VerdictFilter verdictFilterFromName(std::string_view name) noexcept
{
    if (name == "none")
        return VerdictFilter::None;
    switch (verdictKindFromName(name)) {
    case VerdictKind::Confirmed: return VerdictFilter::Confirmed;
    case VerdictKind::Rejected: return VerdictFilter::Rejected;
    default: return VerdictFilter::Any;
    }
}

bool isLetThrough(VerdictFilter wanted, const Verdict *inForce) noexcept
{
    switch (wanted) {
    case VerdictFilter::None: return inForce == nullptr;
    case VerdictFilter::Confirmed: return inForce != nullptr && inForce->kind == VerdictKind::Confirmed;
    case VerdictFilter::Rejected: return inForce != nullptr && inForce->kind == VerdictKind::Rejected;
    case VerdictFilter::Any: break;
    }
    return true;
}

} // namespace tapio::console

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "console/core/store/sqlite.h"

/// The file's tables and their versions.
namespace tapio::console {

inline constexpr std::int64_t storeApplicationId = 0x54706F31; ///< "Tpo1"
inline constexpr std::int64_t storeSchemaVersion = 5;

/// Writer: checks that the file is a store (or new), sets how SQLite works with it, creates or upgrades the tables.
/// Errors: Corrupt (not a store, or damaged), VersionMismatch (written by a newer Tapio), and those of writing.
Status prepareForWriting(Database &database, std::int64_t nowNs);
/// Reader: opens and checks, on read-only media too; an older version stays as it is, and what reads it asks for `schemaVersion`.
/// Errors: NotFound, PermissionDenied, Corrupt, VersionMismatch.
Result<std::unique_ptr<Database>> openForReading(const std::filesystem::path &file);
/// Of a file that was opened: from 1 to storeSchemaVersion.
Result<std::int64_t> schemaVersion(Database &database);

} // namespace tapio::console

// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/app/runtimefolder.h"

#include <QDir>

namespace tapio::console {

namespace {
constexpr const char *variable = "XDG_RUNTIME_DIR";
}

RuntimeFolder::RuntimeFolder()
{
    if (!qEnvironmentVariableIsEmpty(variable))
        return;
    m_own.emplace(QDir::temp().filePath(QStringLiteral("tapio-console-XXXXXX")));
    if (m_own->isValid())
        qputenv(variable, m_own->path().toLocal8Bit());
}

RuntimeFolder::~RuntimeFolder()
{
    if (m_own)
        qunsetenv(variable);
}

} // namespace tapio::console

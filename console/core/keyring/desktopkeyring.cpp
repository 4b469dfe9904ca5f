// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/core/keyring/desktopkeyring.h"

#include <memory>
#include <optional>
#include <utility>

#include <QEventLoop>
#include <QString>
#include <QTimer>

#include <qt6keychain/keychain.h>

namespace tapio::console {

namespace {

QString service() { return QStringLiteral("tapio"); }

Errc codeOf(QKeychain::Error error)
{
    switch (error) {
    case QKeychain::EntryNotFound: return Errc::NotFound;
    case QKeychain::AccessDeniedByUser:
    case QKeychain::AccessDenied: return Errc::PermissionDenied;
    case QKeychain::NoBackendAvailable:
    case QKeychain::NotImplemented: return Errc::Unsupported;
    default: return Errc::Io;
    }
}

tl::unexpected<Error> failure(QKeychain::Error error, const QString &said, const std::string &name)
{
    const Errc code = codeOf(error);
    if (code == Errc::NotFound)
        return fail(code, "the key ring has no secret '" + name + "'");
    return fail(code, "the key ring: " + (said.isEmpty() ? "error " + std::to_string(static_cast<int>(error)) : said.toStdString()));
}

/// What a reading came to.
Result<std::string> secretOf(const QKeychain::ReadPasswordJob &job, const std::string &name)
{
    if (job.error() != QKeychain::NoError)
        return failure(job.error(), job.errorString(), name);
    std::string secret = job.textData().toStdString();
    if (secret.empty())
        return failure(QKeychain::EntryNotFound, {}, name);
    return secret;
}

void prepare(QKeychain::Job &job, const std::string &name)
{
    job.setKey(QString::fromStdString(name));
    job.setInsecureFallback(false); // else it would be a file that everybody can read
}

/// Nobody can call a job back: one that takes too long goes on without anybody, and goes by itself.
Status run(QKeychain::Job &job, const std::string &name, std::chrono::milliseconds longest)
{
    prepare(job, name);
    QEventLoop loop;
    std::optional<Status> done;
    QObject::connect(&job, &QKeychain::Job::finished, &loop, [&](QKeychain::Job *ended) {
        done = ended->error() == QKeychain::NoError ? Status() : failure(ended->error(), ended->errorString(), name);
        loop.quit();
    });
    QTimer::singleShot(longest, &loop, &QEventLoop::quit);
    job.start();
    if (!done)
        loop.exec();
    return done.value_or(fail(Errc::TimedOut, "the key ring: nobody unlocked it"));
}

} // namespace

Result<std::string> DesktopKeyring::read(const std::string &name)
{
    auto *const job = new QKeychain::ReadPasswordJob(service()); // deletes itself
    const auto secret = std::make_shared<Result<std::string>>(); // it may be done later than this waits
    QObject::connect(job, &QKeychain::Job::finished, job, [secret, job, name] { *secret = secretOf(*job, name); });
    if (const Status done = run(*job, name, m_longest); !done)
        return fail(done.error());
    return *secret;
}

Status DesktopKeyring::write(const std::string &name, const std::string &secret)
{
    auto *const job = new QKeychain::WritePasswordJob(service());
    job->setTextData(QString::fromStdString(secret));
    return run(*job, name, m_longest);
}

Status DesktopKeyring::remove(const std::string &name)
{
    if (const auto known = read(name); !known) // what is not there is removed without a word
        return fail(known.error());
    auto *const job = new QKeychain::DeletePasswordJob(service());
    return run(*job, name, m_longest);
}

void readSecretLater(const std::string &name, std::function<void(Result<std::string>)> taken)
{
    auto *const job = new QKeychain::ReadPasswordJob(service());
    prepare(*job, name);
    QObject::connect(job, &QKeychain::Job::finished, job, [job, name, taken = std::move(taken)] { taken(secretOf(*job, name)); });
    job->start();
}

} // namespace tapio::console

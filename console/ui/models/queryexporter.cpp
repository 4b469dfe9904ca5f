// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/models/queryexporter.h"

#include <QSaveFile>

#include <array>
#include <ostream>
#include <streambuf>

#include <nlohmann/json.hpp>

#include "console/core/metrics/queryexport.h"

namespace tapio::console {

namespace {

/// What is written to a stream, in a file: an answer may be longer than memory should hold twice.
class FileBuffer final : public std::streambuf {
public:
    explicit FileBuffer(QSaveFile &file) : m_file(file) { setp(m_bytes.data(), m_bytes.data() + m_bytes.size()); }

protected:
    int sync() override
    {
        const qint64 size = pptr() - pbase();
        const bool isWritten = m_file.write(pbase(), size) == size;
        setp(m_bytes.data(), m_bytes.data() + m_bytes.size());
        return isWritten ? 0 : -1;
    }
    int_type overflow(int_type byte) override
    {
        if (sync() != 0)
            return traits_type::eof();
        return traits_type::eq_int_type(byte, traits_type::eof()) ? traits_type::not_eof(byte) : sputc(traits_type::to_char_type(byte));
    }

private:
    QSaveFile &m_file;
    std::array<char, 64 << 10> m_bytes{};
};

/// Empty, or what went wrong.
QString write(const promql::QueryResult &result, const QString &path)
{
    QSaveFile file(path);
    if (!file.open(QIODevice::WriteOnly))
        return file.errorString();
    FileBuffer buffer(file);
    std::ostream out(&buffer);
    if (path.endsWith(QLatin1String(".json"), Qt::CaseInsensitive))
        out << queryJson(result).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
    else
        writeCsv(out, result);
    out.flush();
    return out && file.commit() ? QString() : file.errorString();
}

promql::QueryResult joined(const std::vector<std::shared_ptr<const AnsweredQuery>> &answers)
{
    promql::QueryResult all;
    for (std::size_t i = 0; i < answers.size(); ++i) {
        all.type = answers[i]->answer.result.type;
        for (const promql::ResultSeries &series : answers[i]->answer.result.series)
            all.series.push_back({series.labels.with("query", std::to_string(i + 1)), series.samples});
    }
    return all;
}

} // namespace

QueryExporter::QueryExporter(QObject *parent) : QObject(parent) { m_writer.setMaxThreadCount(1); }

QueryExporter::~QueryExporter() { m_writer.waitForDone(); }

void QueryExporter::start(std::shared_ptr<const AnsweredQuery> answered, const QString &file)
{
    start(std::vector{std::move(answered)}, file);
}

void QueryExporter::start(std::vector<std::shared_ptr<const AnsweredQuery>> answers, const QString &file)
{
    m_writer.start([this, answers = std::move(answers), file] {
        const QString error = answers.size() == 1 ? write(answers.front()->answer.result, file) : write(joined(answers), file);
        // The destructor waits for this function, so `this` lives.
        QMetaObject::invokeMethod(
            this, [this, error, file] { error.isEmpty() ? emit finished(file) : emit failed(file, error); }, Qt::QueuedConnection);
    });
}

} // namespace tapio::console

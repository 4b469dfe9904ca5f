// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QPlainTextEdit>

#include <optional>

#include "console/core/promql/queryerror.h"
#include "console/ui/widgets/look.h"

namespace tapio::console {

/// A few lines for a query in PromQL. Enter runs it and Shift+Enter begins a line; the place of an error is underlined. GUI thread.
class QueryEditor : public QPlainTextEdit {
    Q_OBJECT
public:
    explicit QueryEditor(Look look, QWidget *parent = nullptr);

    QString query() const { return toPlainText().trimmed(); }
    void setQuery(const QString &query);
    /// `span` is of the bytes of `query`, which is what the editor had when it was run. Nothing: no error.
    void setError(const QString &query, std::optional<promql::Span> span);
    QSize sizeHint() const override;

signals:
    void runRequested();

protected:
    void keyPressEvent(QKeyEvent *event) override;
    void insertFromMimeData(const QMimeData *source) override;

private:
    void restyle();

    Look m_look;
};

} // namespace tapio::console

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QPlainTextEdit>

#include <optional>

#include "console/core/promql/queryerror.h"
#include "console/ui/widgets/look.h"

class QCompleter;
class QStringListModel;

namespace tapio::console {

/// A few lines for a query in PromQL. Enter runs it and Shift+Enter begins a line; the place of an error is underlined. While one types, words are offered: Ctrl+Space
/// offers all of them, Enter and Tab take one, Escape none. GUI thread.
class QueryEditor : public QPlainTextEdit {
    Q_OBJECT
public:
    explicit QueryEditor(Look look, QWidget *parent = nullptr);

    QString query() const { return toPlainText().trimmed(); }
    void setQuery(const QString &query);
    /// `span` is of the bytes of `query`, which is what the editor had when it was run. Nothing: no error.
    void setError(const QString &query, std::optional<promql::Span> span);
    /// What metrics and labels are called, to be offered beside the language's own words.
    void setNames(const QStringList &metrics, const QStringList &labels);
    /// What is offered now; empty: nothing.
    QStringList offered() const;
    QSize sizeHint() const override;

signals:
    void runRequested();

protected:
    void keyPressEvent(QKeyEvent *event) override;
    void insertFromMimeData(const QMimeData *source) override;

private:
    void restyle();
    void offer(bool isAsked);
    void take(const QString &chosen);
    /// What is being typed, and what it may become; places in characters.
    struct Word {
        int from = 0, to = 0;
        QString typed; ///< up to the cursor
        QStringList known;
    };
    Word wordAtCursor() const;

    Look m_look;
    QCompleter *m_completer;
    QStringListModel *m_words;
    QStringList m_expressions, m_labels;
};

} // namespace tapio::console

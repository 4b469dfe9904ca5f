// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/widgets/queryeditor.h"

#include <QKeyEvent>
#include <QMimeData>
#include <QTextBlock>

#include <algorithm>

namespace tapio::console {

namespace {

constexpr int shownLines = 3;

/// How many UTF-16 units of `text` its first `bytes` bytes of UTF-8 are.
int unitsOf(const QString &text, std::size_t bytes)
{
    return static_cast<int>(QString::fromUtf8(text.toUtf8().left(static_cast<qsizetype>(bytes))).size());
}

} // namespace

QueryEditor::QueryEditor(Look look, QWidget *parent) : QPlainTextEdit(parent), m_look(look)
{
    setTabChangesFocus(true);
    setLineWrapMode(QPlainTextEdit::WidgetWidth);
    setVerticalScrollBarPolicy(Qt::ScrollBarAsNeeded);
    setPlaceholderText(tr("A query in PromQL, such as sum by (namespace) (rate(container_cpu_usage_seconds_total[5m]))"));
    setAccessibleName(tr("Query"));
    // What is marked is of the text before.
    connect(this, &QPlainTextEdit::textChanged, this, [this] {
        if (!extraSelections().isEmpty())
            setExtraSelections({});
    });
    connect(&look.themes, &ThemeStore::themeChanged, this, &QueryEditor::restyle);
    restyle();
}

void QueryEditor::restyle()
{
    setFont(m_look.theme().font(FontRole::Mono));
    updateGeometry();
}

QSize QueryEditor::sizeHint() const
{
    const int margins =
        static_cast<int>(2 * document()->documentMargin()) + 2 * (frameWidth() + m_look.theme().px(5)); // border and padding of the style
    return {m_look.theme().px(320), fontMetrics().lineSpacing() * shownLines + margins};
}

void QueryEditor::setQuery(const QString &query)
{
    if (query == toPlainText())
        return;
    QTextCursor all(document()); // so that it can be undone
    all.select(QTextCursor::Document);
    all.insertText(query);
    moveCursor(QTextCursor::End);
}

void QueryEditor::setError(const QString &query, std::optional<promql::Span> span)
{
    setExtraSelections({});
    const QString text = toPlainText();
    const int offset = static_cast<int>(text.indexOf(query)); // it was run without the blanks around it
    if (!span || query.isEmpty() || offset < 0)
        return;
    const int length = static_cast<int>(query.size());
    int from = std::min(unitsOf(query, span->from), length), to = std::min(unitsOf(query, span->to), length);
    if (from == to) // where the query ends, or between two words: one that can be seen
        from == length ? --from : ++to;
    QTextEdit::ExtraSelection mark;
    mark.cursor = QTextCursor(document());
    mark.cursor.setPosition(offset + std::max(from, 0));
    mark.cursor.setPosition(offset + to, QTextCursor::KeepAnchor);
    mark.format.setUnderlineStyle(QTextCharFormat::WaveUnderline);
    mark.format.setUnderlineColor(m_look.theme().meaning.p1);
    setExtraSelections({mark});
}

void QueryEditor::keyPressEvent(QKeyEvent *event)
{
    const bool isEnter = event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter;
    if (isEnter && (event->modifiers() & Qt::ShiftModifier) == 0)
        emit runRequested();
    else
        QPlainTextEdit::keyPressEvent(event);
}

void QueryEditor::insertFromMimeData(const QMimeData *source)
{
    if (source->hasText())
        insertPlainText(source->text());
}

} // namespace tapio::console

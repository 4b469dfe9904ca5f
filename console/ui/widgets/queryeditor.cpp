// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/widgets/queryeditor.h"

#include <QAbstractItemView>
#include <QCompleter>
#include <QKeyEvent>
#include <QMimeData>
#include <QScrollBar>
#include <QStringListModel>
#include <QTextBlock>

#include <algorithm>

#include "console/core/promql/completion.h"

namespace tapio::console {

namespace {

constexpr int shownLines = 3, mostOffered = 10;
constexpr qsizetype leastTyped = 2, leastWithin = 4; ///< characters, until words are offered that begin so, and that have it

/// How many UTF-16 units of `text` its first `bytes` bytes of UTF-8 are.
int unitsOf(const QString &text, std::size_t bytes)
{
    return static_cast<int>(QString::fromUtf8(text.toUtf8().left(static_cast<qsizetype>(bytes))).size());
}

} // namespace

QueryEditor::QueryEditor(Look look, QWidget *parent)
    : QPlainTextEdit(parent), m_look(look), m_completer(new QCompleter(this)), m_words(new QStringListModel(this))
{
    m_completer->setModel(m_words);
    m_completer->setWidget(this);
    m_completer->setCompletionMode(QCompleter::UnfilteredPopupCompletion);
    m_completer->setMaxVisibleItems(mostOffered);
    connect(m_completer, qOverload<const QString &>(&QCompleter::activated), this, &QueryEditor::take);
    setNames({}, {});
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
    m_completer->popup()->setFont(font());
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

void QueryEditor::setNames(const QStringList &metrics, const QStringList &labels)
{
    m_expressions = metrics;
    for (const std::string &word : promql::queryWords())
        m_expressions << QString::fromStdString(word);
    m_expressions.sort();
    m_labels = labels;
}

QStringList QueryEditor::offered() const { return m_completer->popup()->isVisible() ? m_words->stringList() : QStringList(); }

QueryEditor::Word QueryEditor::wordAtCursor() const
{
    const QString text = toPlainText();
    const std::string query = text.toStdString();
    const auto cursor = static_cast<std::size_t>(text.left(textCursor().position()).toUtf8().size());
    const promql::CompletionPlace place = promql::completionPlace(query, cursor);
    using What = promql::CompletionPlace::What;
    Word word{unitsOf(text, place.word.from), unitsOf(text, place.word.to), {}, {}};
    word.typed = text.mid(word.from, std::max(0, textCursor().position() - word.from));
    if (place.what == What::Expression)
        word.known = m_expressions;
    else if (place.what == What::Label)
        word.known = m_labels;
    else if (place.what == What::Duration)
        word.known << QStringLiteral("1m") << QStringLiteral("5m") << QStringLiteral("15m") << QStringLiteral("1h") << QStringLiteral("1d");
    return word;
}

/// Those that begin with what is typed, then those that have it.
void QueryEditor::offer(bool isAsked)
{
    const Word word = wordAtCursor();
    QStringList begin, within;
    for (const QString &one : word.known) {
        const auto place = one.indexOf(word.typed, 0, Qt::CaseInsensitive);
        if (place == 0)
            begin << one;
        else if (place > 0 && (isAsked || word.typed.size() >= leastWithin)) // else Enter after "up" would be "group("
            within << one;
    }
    const QStringList all = begin + within;
    const bool isWhole = all.size() == 1 && all.first() == word.typed;
    QAbstractItemView *list = m_completer->popup();
    if (all.isEmpty() || isWhole || (!isAsked && word.typed.size() < leastTyped)) {
        list->hide();
        return;
    }
    m_words->setStringList(all);
    QRect at = cursorRect();
    at.setWidth(list->sizeHintForColumn(0) + list->verticalScrollBar()->sizeHint().width() + m_look.theme().px(24));
    m_completer->complete(at);
    list->setCurrentIndex(m_completer->completionModel()->index(0, 0));
}

void QueryEditor::take(const QString &chosen)
{
    const Word word = wordAtCursor();
    QTextCursor cursor(document());
    cursor.setPosition(word.from);
    cursor.setPosition(word.to, QTextCursor::KeepAnchor);
    const bool isCall = chosen.endsWith(QLatin1Char('(')) && toPlainText().mid(word.to, 1) == QLatin1String("("); // it is there already
    cursor.insertText(isCall ? chosen.chopped(1) : chosen);
    setTextCursor(cursor);
}

void QueryEditor::keyPressEvent(QKeyEvent *event)
{
    const bool isEnter = event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter;
    if (m_completer->popup()->isVisible() && (isEnter || event->key() == Qt::Key_Tab || event->key() == Qt::Key_Escape)) {
        event->ignore(); // they are the list's
        return;
    }
    if (event->key() == Qt::Key_Space && event->modifiers() == Qt::ControlModifier)
        return offer(true);
    if (isEnter && (event->modifiers() & Qt::ShiftModifier) == 0)
        emit runRequested();
    else
        QPlainTextEdit::keyPressEvent(event);
    const QString typed = event->text();
    const bool isOfWord = !typed.isEmpty() && (typed[0].isLetterOrNumber() || typed[0] == QLatin1Char('_') || typed[0] == QLatin1Char(':'));
    if (isOfWord || (event->key() == Qt::Key_Backspace && m_completer->popup()->isVisible()))
        offer(false);
    else if (!typed.isEmpty())
        m_completer->popup()->hide();
}

void QueryEditor::insertFromMimeData(const QMimeData *source)
{
    if (source->hasText())
        insertPlainText(source->text());
}

} // namespace tapio::console

// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/widgets/detailview.h"

#include <QGridLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QPainter>
#include <QScrollBar>

#include <algorithm>
#include <utility>

#include "console/ui/widgets/focusring.h"

namespace tapio::console {

namespace {

QPixmap signPixmap(const Sign &sign, int size, qreal ratio)
{
    QPixmap pixmap(qRound(size * ratio), qRound(size * ratio));
    pixmap.setDevicePixelRatio(ratio);
    pixmap.fill(Qt::transparent);
    QPainter painter(&pixmap);
    drawGlyph(painter, QRectF(0, 0, size, size), sign.glyph, sign.color);
    return pixmap;
}

QLabel *label(const QString &text, const QFont &font, const QColor &color)
{
    auto *result = new QLabel(text);
    result->setTextFormat(Qt::PlainText);
    result->setFont(font);
    QPalette palette = result->palette();
    palette.setColor(QPalette::WindowText, color);
    result->setPalette(palette);
    return result;
}

/// Long ids and paths have no spaces: zero-width spaces let the label break them. Copies go through detailText(), not through here.
QString breakable(const QString &text)
{
    constexpr int longestRun = 24;
    QString result;
    result.reserve(text.size() + text.size() / longestRun);
    int run = 0;
    for (const QChar c : text) {
        result += c;
        run = c.isSpace() ? 0 : run + 1;
        const bool seam = c == QLatin1Char('/') || c == QLatin1Char('-') || c == QLatin1Char('.') || c == QLatin1Char(':');
        if (run >= longestRun || (seam && run >= longestRun / 2)) {
            result += QChar(0x200B);
            run = 0;
        }
    }
    return result;
}

/// Only values differ, and signs: each row has its label already.
bool sameRows(const std::vector<DetailSection> &a, const std::vector<DetailSection> &b)
{
    const auto sameRow = [](const DetailRow &x, const DetailRow &y) {
        return x.label == y.label && x.mono == y.mono && x.sign.has_value() == y.sign.has_value() && x.value.isEmpty() == y.value.isEmpty();
    };
    return std::ranges::equal(a, b, [&sameRow](const DetailSection &x, const DetailSection &y) {
        return x.title == y.title && std::ranges::equal(x.rows, y.rows, sameRow);
    });
}

} // namespace

QString detailText(const QString &title, const std::vector<DetailSection> &sections)
{
    QStringList lines{title};
    for (const DetailSection &section : sections) {
        lines << QString() << section.title;
        for (const DetailRow &row : section.rows)
            if (!row.value.isEmpty())
                lines << QStringLiteral("  %1: %2").arg(row.label, row.value);
    }
    return lines.join(QLatin1Char('\n'));
}

DetailView::DetailView(Look look, QWidget *parent)
    : QScrollArea(parent), m_look(look), m_body(new QWidget), m_column(new QVBoxLayout(m_body))
{
    setFrameShape(NoFrame);
    setWidgetResizable(true);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setProperty(FocusRing::insideProperty, true);
    setAccessibleName(tr("Details"));
    m_column->addStretch(1);
    setWidget(m_body);
    connect(&look.themes, &ThemeStore::themeChanged, this, &DetailView::rebuild);
    rebuild();
}

void DetailView::setSections(std::vector<DetailSection> sections)
{
    m_sections = std::move(sections);
    rebuild();
    verticalScrollBar()->setValue(0);
}

void DetailView::setButtons(const std::vector<QWidget *> &buttons)
{
    auto *row = new QHBoxLayout;
    row->setSpacing(m_look.theme().px(8));
    for (QWidget *button : buttons)
        row->addWidget(button);
    row->addStretch(1);
    m_column->insertLayout(0, row);
}

void DetailView::updateSections(std::vector<DetailSection> sections)
{
    const std::vector<DetailSection> before = std::exchange(m_sections, std::move(sections));
    if (!sameRows(before, m_sections)) {
        const int place = verticalScrollBar()->value();
        rebuild();
        verticalScrollBar()->setValue(place);
        return;
    }
    auto cell = m_cells.begin();
    for (std::size_t i = 0; i < m_sections.size(); ++i)
        for (std::size_t j = 0; j < m_sections[i].rows.size(); ++j) {
            const DetailRow &row = m_sections[i].rows[j];
            if (row.value.isEmpty())
                continue;
            if (!(row == before[i].rows[j]))
                write(*cell, row);
            ++cell;
        }
}

void DetailView::write(const Cell &cell, const DetailRow &row) const
{
    const Theme &t = m_look.theme();
    cell.value->setText(breakable(row.value));
    cell.value->setAccessibleName(row.label + QStringLiteral(": ") + row.value);
    if (row.sign)
        cell.sign->setPixmap(signPixmap(signOf(*row.sign, t), t.px(8), devicePixelRatioF()));
}

QWidget *DetailView::section(const DetailSection &section)
{
    const Theme &t = m_look.theme();
    auto *box = new QWidget;
    auto *grid = new QGridLayout(box);
    grid->setContentsMargins(0, 0, 0, t.px(8));
    grid->setHorizontalSpacing(t.px(12));
    grid->setVerticalSpacing(t.px(4));
    grid->setColumnMinimumWidth(0, t.px(104));
    grid->setColumnStretch(1, 1);
    grid->addWidget(label(section.title, t.font(FontRole::Label, QFont::DemiBold), t.text.tertiary), 0, 0, 1, 2);
    int line = 1;
    for (const DetailRow &row : section.rows) {
        if (row.value.isEmpty())
            continue;
        QLabel *name = label(row.label, t.font(FontRole::Body), t.text.secondary);
        name->setWordWrap(true);
        grid->addWidget(name, line, 0, Qt::AlignTop);
        Cell cell{label({}, t.font(row.mono ? FontRole::Mono : FontRole::Body), t.text.primary), row.sign ? new QLabel : nullptr};
        cell.value->setWordWrap(true);
        cell.value->setTextInteractionFlags(Qt::TextSelectableByMouse);
        if (cell.sign) {
            auto *both = new QHBoxLayout;
            both->setSpacing(t.px(6));
            both->addWidget(cell.sign);
            both->addWidget(cell.value, 1);
            grid->addLayout(both, line, 1);
        } else {
            grid->addWidget(cell.value, line, 1, Qt::AlignTop);
        }
        write(cell, row);
        m_cells.push_back(cell);
        ++line;
    }
    return box;
}

void DetailView::rebuild()
{
    const Theme &t = m_look.theme();
    m_column->setContentsMargins(t.px(16), t.px(8), t.px(16), t.px(16));
    m_column->setSpacing(t.px(8));
    QPalette palette = m_body->palette();
    palette.setColor(QPalette::Window, t.surface.rail);
    m_body->setPalette(palette);
    m_body->setAutoFillBackground(true);
    delete m_content;
    m_cells.clear();
    m_content = new QWidget;
    auto *column = new QVBoxLayout(m_content);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(t.px(4));
    for (const DetailSection &each : m_sections)
        if (!each.rows.empty())
            column->addWidget(section(each));
    m_column->insertWidget(m_column->count() - 1, m_content);
}

} // namespace tapio::console

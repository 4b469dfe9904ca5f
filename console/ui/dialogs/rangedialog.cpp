// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/dialogs/rangedialog.h"

#include <QDialogButtonBox>
#include <QGridLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>

#include "console/ui/widgets/focusring.h"

namespace tapio::console {

RangeDialog::RangeDialog(UiContext context, QWidget *parent)
    : QDialog(parent), m_context(context), m_range(context.session.range()), m_from(new QLineEdit), m_to(new QLineEdit),
      m_verdict(new QLabel), m_apply(new QPushButton(tr("Show this range")))
{
    const Theme &t = context.themes.theme();
    setWindowTitle(tr("Custom time range"));
    const std::int64_t now = context.nowNs();
    const TimeWindow span = resolve(m_range, now);
    const QString zone = context.time.zoneName(now);
    auto *grid = new QGridLayout(this);
    grid->setContentsMargins(t.px(16), t.px(16), t.px(16), t.px(16));
    grid->setVerticalSpacing(t.px(8));
    grid->setHorizontalSpacing(t.px(12));
    const auto addField = [&](int row, const QString &label, QLineEdit *field, std::int64_t ns) {
        auto *text = new QLabel(tr("%1 (%2)").arg(label, zone));
        text->setBuddy(field);
        grid->addWidget(text, row, 0);
        field->setText(context.time.text(ns, TimeStyle::DateSecond));
        field->setFont(t.font(FontRole::Mono));
        field->setMinimumWidth(t.px(260));
        field->setAccessibleName(text->text());
        grid->addWidget(field, row, 1);
        connect(field, &QLineEdit::textChanged, this, &RangeDialog::check);
    };
    addField(0, tr("From"), m_from, span.fromNs);
    addField(1, tr("To"), m_to, span.toNs);
    auto *hint = new QLabel(tr("14:05 \u00b7 2026-03-01 14:05 \u00b7 2026-03-01T14:05Z \u00b7 -2h \u00b7 now"));
    hint->setFont(t.font(FontRole::Label));
    hint->setEnabled(false);
    grid->addWidget(hint, 2, 1);
    m_verdict->setTextFormat(Qt::PlainText);
    m_verdict->setWordWrap(true);
    m_verdict->setMinimumHeight(t.px(36));
    grid->addWidget(m_verdict, 3, 0, 1, 2);
    auto *buttons = new QDialogButtonBox;
    m_apply->setProperty("kind", "primary");
    m_apply->setDefault(true);
    buttons->addButton(m_apply, QDialogButtonBox::AcceptRole);
    buttons->addButton(tr("Cancel"), QDialogButtonBox::RejectRole);
    connect(buttons, &QDialogButtonBox::accepted, this, &QDialog::accept);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    grid->addWidget(buttons, 4, 0, 1, 2);
    new FocusRing(this, {context.themes, context.icons});
    m_from->selectAll();
    check();
}

void RangeDialog::check()
{
    const Theme &t = m_context.themes.theme();
    const auto parsed = parseRange(m_from->text(), m_to->text(), m_context.time.zone(), m_context.nowNs());
    m_apply->setEnabled(parsed.has_value());
    QPalette palette = m_verdict->palette();
    palette.setColor(QPalette::WindowText, parsed ? t.text.secondary : t.meaning.p1);
    m_verdict->setPalette(palette);
    if (!parsed) {
        m_verdict->setText(QString::fromStdString(parsed.error().context()));
        return;
    }
    m_range = *parsed;
    m_verdict->setText(tr("%1, %2").arg(rangeText(m_range, m_context.time.zone()), durationText(m_range.toNs - m_range.fromNs)));
}

} // namespace tapio::console

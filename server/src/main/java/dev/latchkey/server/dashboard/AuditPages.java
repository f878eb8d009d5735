package dev.latchkey.server.dashboard;

import dev.latchkey.server.audit.AuditAnchors;
import dev.latchkey.server.audit.AuditLog;
import dev.latchkey.server.audit.AuditVerification;
import dev.latchkey.server.pages.Links;
import dev.latchkey.server.pages.templates.StaticTemplates;
import dev.latchkey.server.team.Role.Permission;
import java.net.URI;
import java.util.List;
import java.util.Optional;

/** The audit log, and its verification. */
public final class AuditPages {
    private static final StaticTemplates TEMPLATES = new StaticTemplates();
    private static final int PAGE = 50;

    private final AuditLog audit;
    private final AuditAnchors anchors;
    private final URI publicUrl;

    AuditPages(AuditLog audit, AuditAnchors anchors, URI publicUrl) {
        this.audit = audit;
        this.anchors = anchors;
        this.publicUrl = publicUrl;
    }

    /** @param newest the address of the newest entries, on an older page; @param next that of older ones */
    public record AuditPage(
            List<AuditLog.Entry> entries, Optional<String> newest, Optional<String> next, List<ApiExample> examples) {}

    void register(DashboardRouter router) {
        router.page("/dashboard/audit", Permission.ADMINISTER, this::page);
        router.action("/dashboard/audit/verify", "GET /audit-log/verification", Permission.ADMINISTER, this::verify);
        router.action("/dashboard/audit/anchor", "POST /audit-log/anchor", Permission.ADMINISTER, this::anchor);
    }

    private Reply verify(Visit visit) {
        AuditVerification verified = audit.verify(anchors.kept());
        return Reply.see(
                "/dashboard/audit",
                verified.fault()
                        .map(fault -> "!Row " + fault.number() + " does not fit the chain: " + fault.reason() + ".")
                        .orElseGet(() -> "The chain is whole: " + Words.plural(verified.count(), "row")
                                + ", and nothing was changed, added or removed."
                                + verified.head()
                                        .map(head -> " The anchor of the newest row is " + head + ".")
                                        .orElse("")));
    }

    private Reply page(Visit visit) {
        long before = visit.query("before")
                .filter(text -> text.matches("\\d{1,15}"))
                .map(Long::parseLong)
                .orElse(Long.MAX_VALUE);
        List<AuditLog.Entry> entries = audit.list(before, PAGE);
        return Reply.html(TEMPLATES.audit(
                visit.frame("Audit log", "audit"),
                new AuditPage(
                        entries,
                        visit.query("before").map(_ -> Links.at("/dashboard/audit")),
                        entries.size() == PAGE
                                ? Optional.of(Links.at("/dashboard/audit?before="
                                        + entries.getLast().number()))
                                : Optional.empty(),
                        List.of(
                                ApiExample.of("Read the audit log", "GET", publicUrl + "/audit-log?limit=50"),
                                ApiExample.of("Verify", "GET", publicUrl + "/audit-log/verification"),
                                ApiExample.of("Anchor now", "POST", publicUrl + "/audit-log/anchor")))));
    }

    private Reply anchor(Visit visit) {
        return Reply.see(
                "/dashboard/audit",
                anchors.now(visit.actor())
                        .map(anchor -> "Anchored: " + anchor + " — keep it outside of the database.")
                        .orElse("!The log is empty."));
    }
}

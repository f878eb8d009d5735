package dev.latchkey.server.dashboard;

import dev.latchkey.server.audit.AuditAnchors;
import dev.latchkey.server.audit.AuditFilter;
import dev.latchkey.server.audit.AuditLog;
import dev.latchkey.server.audit.AuditVerification;
import dev.latchkey.server.environments.Environment;
import dev.latchkey.server.pages.Links;
import dev.latchkey.server.pages.templates.StaticTemplates;
import dev.latchkey.server.team.Role.Permission;
import java.net.URI;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** The audit log, and its verification. */
public final class AuditPages {
    private static final StaticTemplates TEMPLATES = new StaticTemplates();
    private static final int PAGE = 50;
    private static final int AT_ONCE = 500;
    private static final Export FILE = new Export(
            "audit-log",
            List.of(
                    "number",
                    "at",
                    "actor",
                    "actor_kind",
                    "actor_id",
                    "address",
                    "action",
                    "environment",
                    "target",
                    "details"));

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
            List<AuditLog.Entry> entries,
            Optional<String> newest,
            Optional<String> next,
            Map<String, String> filters,
            List<String> environments,
            ExportLinks exports,
            List<ApiExample> examples) {
        public String filter(String name) {
            return filters.getOrDefault(name, "");
        }
    }

    void register(DashboardRouter router) {
        router.page("/dashboard/audit/export", Permission.ADMINISTER, this::export);
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
        Map<String, String> filters = filters(visit);
        List<AuditLog.Entry> entries = audit.list(before, PAGE, filter(visit));
        return Reply.html(TEMPLATES.audit(
                visit.frame("Audit log", "audit"),
                new AuditPage(
                        entries,
                        visit.query("before").map(_ -> Links.at("/dashboard/audit") + Links.query(filters)),
                        entries.size() == PAGE
                                ? Optional.of(Links.at("/dashboard/audit")
                                        + Links.query(Links.with(
                                                filters,
                                                "before",
                                                Long.toString(entries.getLast().number()))))
                                : Optional.empty(),
                        filters,
                        visit.frame().environments().stream()
                                .map(Environment::name)
                                .toList(),
                        ExportLinks.of(Links.at("/dashboard/audit/export"), filters),
                        List.of(
                                ApiExample.of("Read the audit log", "GET", publicUrl + "/audit-log?limit=50"),
                                ApiExample.of("Verify", "GET", publicUrl + "/audit-log/verification"),
                                ApiExample.of("Anchor now", "POST", publicUrl + "/audit-log/anchor")))));
    }

    private static Map<String, String> filters(Visit visit) {
        Map<String, String> filters = new LinkedHashMap<>();
        List.of("search", "who", "environment", "from", "to")
                .forEach(name -> visit.query(name).ifPresent(value -> filters.put(name, value)));
        return filters;
    }

    private static AuditFilter filter(Visit visit) {
        return new AuditFilter(
                visit.query("search"),
                visit.query("who"),
                visit.query("environment"),
                visit.query("from").flatMap(LogPages::time),
                visit.query("to").flatMap(LogPages::time));
    }

    private Reply export(Visit visit) {
        return FILE.<AuditLog.Entry>send(
                visit,
                last -> audit.list(last.map(AuditLog.Entry::number).orElse(Long.MAX_VALUE), AT_ONCE, filter(visit)),
                entry -> List.of(
                        Long.toString(entry.number()),
                        entry.at().toString(),
                        entry.actor(),
                        entry.who().kind(),
                        entry.who().id().orElse(""),
                        entry.who().address().orElse(""),
                        entry.action(),
                        entry.environment().orElse(""),
                        entry.target().orElse(""),
                        entry.details().entrySet().stream()
                                .map(detail -> detail.getKey() + "=" + detail.getValue())
                                .collect(Collectors.joining("; "))));
    }

    private Reply anchor(Visit visit) {
        return Reply.see(
                "/dashboard/audit",
                anchors.now(visit.actor())
                        .map(anchor -> "Anchored: " + anchor + " — keep it outside of the database.")
                        .orElse("!The log is empty."));
    }
}

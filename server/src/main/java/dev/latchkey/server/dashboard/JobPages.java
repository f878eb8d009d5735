package dev.latchkey.server.dashboard;

import dev.latchkey.server.integrations.Integration;
import dev.latchkey.server.integrations.Integrations;
import dev.latchkey.server.json.Ids;
import dev.latchkey.server.pages.PageException;
import dev.latchkey.server.refresh.jobs.ExchangeJobs;
import dev.latchkey.server.refresh.jobs.JobParts;
import dev.latchkey.server.refresh.jobs.RefreshJobs;
import dev.latchkey.server.team.Role.Permission;

/** Begins and cancels jobs, which an integration's page shows. */
final class JobPages {
    private final Integrations integrations;
    private final ExchangeJobs exchanges;
    private final RefreshJobs jobs;

    JobPages(Integrations integrations, JobParts jobs) {
        this.integrations = integrations;
        this.exchanges = jobs.exchanges;
        this.jobs = jobs.jobs;
    }

    void register(DashboardRouter router) {
        router.action(
                "/dashboard/{env}/integrations/{key}/exchange-tokens",
                "POST /integrations/{key}/exchange-tokens",
                Permission.CHANGE,
                this::exchange);
        router.action(
                "/dashboard/{env}/refresh-jobs/{id}/cancel",
                "POST /refresh-jobs/{id}/cancel",
                Permission.CHANGE,
                this::cancel);
    }

    private Reply exchange(Visit visit) {
        Integration integration = integrations
                .find(visit.environmentId(), visit.path("key"))
                .orElseThrow(() ->
                        PageException.notFound("There is no integration with this key. It may have been deleted."));
        return Reply.see(
                IntegrationPages.page(visit, integration),
                switch (exchanges.begin(visit.actor(), integration)) {
                    case ExchangeJobs.Outcome.Started it ->
                        "The exchange has begun, for " + Words.plural(it.job().total(), "connection") + ".";
                    case ExchangeJobs.Outcome.NotObsolete it -> "!" + it.words();
                });
    }

    private Reply cancel(Visit visit) {
        RefreshJobs.Job job = Ids.parse(visit.path("id"))
                .flatMap(id -> jobs.cancel(visit.actor(), visit.environmentId(), id))
                .orElseThrow(() -> PageException.notFound("There is no such job. Jobs are kept for a week."));
        return Reply.see(
                visit.at("/integrations"),
                job.cancelled()
                        ? "The job is cancelled, after " + Words.plural(job.refreshed(), "connection") + "."
                        : "The job had ended before.");
    }
}

package dev.latchkey.server.dashboard;

import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.server.integrations.Integrations;
import dev.latchkey.server.pages.Links;
import dev.latchkey.server.pages.templates.StaticTemplates;
import dev.latchkey.server.providers.EnvironmentProviders;
import dev.latchkey.server.providers.Providers;
import dev.latchkey.server.team.Role.Permission;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** The providers that an integration can be added of. */
public final class ProviderGallery {
    private static final StaticTemplates TEMPLATES = new StaticTemplates();
    /** Shown at first; the others on demand. */
    private static final int FIRST = 60;

    private final Integrations integrations;
    private final Providers providers;

    ProviderGallery(Integrations integrations, Providers providers) {
        this.integrations = integrations;
        this.providers = providers;
    }

    public record Card(Provider provider, String kind, boolean used, boolean own) {}

    /** @param found how many there are, of which the first are shown */
    public record GalleryPage(
            List<Card> cards,
            int found,
            int all,
            String text,
            String tag,
            List<String> tags,
            String kind,
            List<String> kinds,
            boolean whole) {
        /** In words; of how many, where not all are meant. */
        public String count() {
            return found == all
                    ? Words.count(all) + " providers"
                    : Words.count(found) + " of " + Words.count(all) + " providers";
        }

        public String allHref(Frame frame) {
            return frame.at("/integrations/new")
                    + Links.query(Map.of("search", text, "tag", tag, "kind", kind, "all", "true"));
        }
    }

    void register(DashboardRouter router) {
        router.page("/dashboard/{env}/integrations/new", Permission.CHANGE, this::gallery);
    }

    private Reply gallery(Visit visit) {
        String text = visit.query("search").orElse("");
        String tag = visit.query("tag").orElse("");
        String kind = visit.query("kind").orElse("");
        boolean whole = visit.query("all").isPresent();
        Set<String> tags = new TreeSet<>();
        Set<String> kinds = new TreeSet<>();
        EnvironmentProviders all = providers.in(visit.environmentId());
        all.all().forEach(provider -> {
            tags.addAll(provider.about().tags());
            kinds.add(provider.auth().facts().label());
        });
        Set<String> used = new LinkedHashSet<>();
        integrations.list(visit.environmentId()).forEach(one -> used.add(one.provider()));
        List<Provider> found = ProviderSearch.find(
                all.all().stream()
                        .filter(provider ->
                                tag.isEmpty() || provider.about().tags().contains(tag))
                        .filter(provider -> kind.isEmpty()
                                || provider.auth().facts().label().equals(kind))
                        .toList(),
                text);
        return Reply.html(TEMPLATES.gallery(
                visit.frame("Add an integration", "integrations"),
                new GalleryPage(
                        found.stream()
                                .limit(whole ? Integer.MAX_VALUE : FIRST)
                                .map(provider -> new Card(
                                        provider,
                                        provider.auth().facts().label(),
                                        used.contains(provider.id()),
                                        all.isOwn(provider.id())))
                                .toList(),
                        found.size(),
                        all.all().size(),
                        text,
                        tag,
                        List.copyOf(tags),
                        kind,
                        List.copyOf(kinds),
                        whole)));
    }
}

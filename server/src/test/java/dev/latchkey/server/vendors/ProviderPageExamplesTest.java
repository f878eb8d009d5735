package dev.latchkey.server.vendors;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.catalogue.Catalogue;
import dev.latchkey.catalogue.docs.ProviderDocs;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.server.api.Latchkey;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The requests on the page of every provider are such as the server takes. */
class ProviderPageExamplesTest {
    private static final Pattern POST =
            Pattern.compile("curl -X POST \"\\$NANGO_HOST(/\\S+)\" [^\\n]*\\\\\\n {2}-d '([^']*)'");

    @Test
    void theServerTakesTheRequestsOfEachPage() {
        Catalogue catalogue = Catalogue.load();
        Map<String, String> pages = ProviderDocs.pages(catalogue);
        List<String> refused = new ArrayList<>();
        Set<String> modes = new HashSet<>();
        try (Latchkey latchkey = Latchkey.start(Map.of("LATCHKEY_RATE_LIMIT", "off"))) {
            for (Provider provider : catalogue.all()) {
                List<MatchResult> posts =
                        POST.matcher(pages.get(provider.id() + ".md")).results().toList();
                assertThat(posts).as(provider.id()).hasSize(2);
                // The session differs in its integration alone: once for each kind is enough.
                boolean whole = modes.add(provider.auth().facts().mode());
                for (MatchResult post : whole ? posts : posts.subList(0, 1)) {
                    HttpResponse<String> response = latchkey.send("POST", post.group(1), post.group(2));
                    if (response.statusCode() >= 300) {
                        refused.add(post.group(2) + ": " + response.body());
                    }
                }
            }
        }
        assertThat(refused).isEmpty();
    }
}

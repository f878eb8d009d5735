package dev.latchkey.server.dashboard;

import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.catalogue.template.PercentEncoding;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;

/** How a program does what a member can do with an integration. */
final class IntegrationExamples {
    private IntegrationExamples() {}

    static List<ApiExample> ofNew(URI publicUrl, Provider provider, String key) {
        String credentials = provider.auth().facts().needsClient()
                ? ", \"credentials\": {\"type\": \"" + provider.auth().facts().mode()
                        + "\", \"client_id\": \"…\", \"client_secret\": \"…\"}"
                : "";
        return List.of(ApiExample.of("Add this integration", "POST", publicUrl + "/integrations")
                .with("{\"provider\": \"" + provider.id() + "\", \"unique_key\": \"" + key + "\"" + credentials + "}")
                .node("await nango.createIntegration({ provider: \"" + provider.id() + "\", unique_key: \"" + key
                        + "\" });"));
    }

    /** @param exchanges whether stored tokens can be exchanged */
    static List<ApiExample> of(URI publicUrl, Provider provider, String key, boolean exchanges) {
        String url = publicUrl + "/integrations/" + PercentEncoding.encode(key);
        List<ApiExample> all = new ArrayList<>(List.of(
                ApiExample.of("Read it", "GET", url + "?include=credentials")
                        .node("const { data } = await nango.getIntegration({ uniqueKey: \"" + key + "\" });"),
                ApiExample.of("Change it", "PATCH", url)
                        .with("{\"display_name\": \"" + provider.name() + "\"}")
                        .node("await nango.updateIntegration({ uniqueKey: \"" + key + "\" }, { display_name: \""
                                + provider.name() + "\" });"),
                ApiExample.of("Pause it", "POST", url + "/pause").with("{\"reason\": \"their incident 4711\"}"),
                ApiExample.of("Resume it", "POST", url + "/resume"),
                ApiExample.of("Delete it", "DELETE", url).node("await nango.deleteIntegration(\"" + key + "\");")));
        if (exchanges) {
            all.add(ApiExample.of("Exchange its stored tokens", "POST", url + "/exchange-tokens"));
        }
        return List.copyOf(all);
    }
}

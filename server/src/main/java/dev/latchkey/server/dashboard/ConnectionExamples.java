package dev.latchkey.server.dashboard;

import dev.latchkey.catalogue.template.PercentEncoding;
import dev.latchkey.server.connections.Connection;
import java.net.URI;
import java.util.List;

/** How a program does what a member can do with a connection. */
final class ConnectionExamples {
    private ConnectionExamples() {}

    static List<ApiExample> of(URI publicUrl, Connection connection) {
        String url = at(publicUrl, connection, "");
        String key = PercentEncoding.encode(connection.integrationKey());
        String named = "\"" + connection.integrationKey() + "\", \"" + connection.name() + "\"";
        return List.of(
                ApiExample.of("Read its credential", "GET", url)
                        .node("const token = await nango.getToken(" + named + ");"),
                ApiExample.of("Refresh now", "POST", at(publicUrl, connection, "/refresh"))
                        .node("await nango.getToken(" + named + ", true);"),
                ApiExample.of("Reconnect link", "POST", publicUrl + "/connect/sessions/reconnect")
                        .with("{\"connection_id\": \"" + connection.name() + "\", \"integration_id\": \""
                                + connection.integrationKey() + "\"}")
                        .node("const { data } = await nango.createReconnectSession({ connection_id: \""
                                + connection.name() + "\", integration_id: \""
                                + connection.integrationKey()
                                + "\" });"),
                ApiExample.of("Set tags", "PATCH", url).with("{\"tags\": {\"team\": \"blue\"}}"),
                ApiExample.of("Set metadata", "POST", publicUrl + "/connections/metadata")
                        .with("{\"connection_id\": \"" + connection.name()
                                + "\", \"provider_config_key\": \"" + connection.integrationKey()
                                + "\", \"metadata\": {}}")
                        .node("await nango.setMetadata(" + named + ", {});"),
                ApiExample.of("Its history", "GET", at(publicUrl, connection, "/timeline")),
                ApiExample.of(
                        "Its webhooks",
                        "GET",
                        publicUrl + "/environment/webhook-deliveries?connection_id="
                                + PercentEncoding.encode(connection.name()) + "&provider_config_key="
                                + key),
                ApiExample.of("Pause it", "POST", at(publicUrl, connection, "/pause"))
                        .with("{\"reason\": \"seen in a log\"}"),
                ApiExample.of("Resume it", "POST", at(publicUrl, connection, "/resume")),
                ApiExample.of("Delete it", "DELETE", url).node("await nango.deleteConnection(" + named + ");"));
    }

    private static String at(URI publicUrl, Connection connection, String operation) {
        return publicUrl + "/connections/" + PercentEncoding.encode(connection.name()) + operation
                + "?provider_config_key=" + PercentEncoding.encode(connection.integrationKey());
    }
}

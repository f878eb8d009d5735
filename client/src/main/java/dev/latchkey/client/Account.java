package dev.latchkey.client;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Environments, team and audit log, for a key with the scope {@code account:*}. Every method throws {@link LatchkeyException}.
 * Thread-safe.
 */
public final class Account {
    private static final int PAGE = 200;

    private final Api api;

    Account(Api api) {
        this.api = api;
    }

    /**
     * All environments.
     *
     * <pre>{@code
     * latchkey.account().environments().forEach(it -> System.out.println(it.get("name")));
     * }</pre>
     */
    public List<Json> environments() {
        return list("/environments");
    }

    /**
     * Adds an environment; {@code secret_key} of the result is its first key, shown only now.
     *
     * <pre>{@code
     * Json made = latchkey.account().addEnvironment("staging");
     * }</pre>
     */
    public Json addEnvironment(String name) {
        return api.read(ApiRequest.of("POST", "/environments").withBody(Map.of("name", name)), Account::data);
    }

    /**
     * Deletes an environment with everything in it.
     *
     * <pre>{@code
     * latchkey.account().deleteEnvironment("5f0c7a3e-7a0b-4b7e-9d41-3d0c8d3b2a10");
     * }</pre>
     */
    public void deleteEnvironment(String id) {
        api.done(ApiRequest.of("DELETE", "/environments/{id}", id));
    }

    /**
     * The members.
     *
     * <pre>{@code
     * latchkey.account().members().forEach(it -> System.out.println(it.get("email")));
     * }</pre>
     */
    public List<Json> members() {
        return list("/team");
    }

    /**
     * Invites a member; {@code invitation_link} of the result sets their password once.
     *
     * <pre>{@code
     * Json invited = latchkey.account().invite(Map.of("email", "ada@example.com", "role", "developer"));
     * }</pre>
     */
    public Json invite(Map<String, ?> member) {
        return api.read(ApiRequest.of("POST", "/team").withBody(member), Account::data);
    }

    /**
     * Changes a member's role or environments.
     *
     * <pre>{@code
     * latchkey.account().updateMember("5f0c7a3e-7a0b-4b7e-9d41-3d0c8d3b2a10", Map.of("role", "owner"));
     * }</pre>
     */
    public Json updateMember(String id, Map<String, ?> change) {
        return api.read(ApiRequest.of("PATCH", "/team/{id}", id).withBody(change), Account::data);
    }

    /**
     * Removes a member and ends their sessions.
     *
     * <pre>{@code
     * latchkey.account().removeMember("5f0c7a3e-7a0b-4b7e-9d41-3d0c8d3b2a10");
     * }</pre>
     */
    public void removeMember(String id) {
        api.done(ApiRequest.of("DELETE", "/team/{id}", id));
    }

    /**
     * A new invitation link for a member; earlier ones end.
     *
     * <pre>{@code
     * String link = latchkey.account().invitationLink("5f0c7a3e-7a0b-4b7e-9d41-3d0c8d3b2a10");
     * }</pre>
     */
    public String invitationLink(String id) {
        return api.read(
                ApiRequest.of("POST", "/team/{id}/invitation-link", id),
                json -> Required.text(json.get("data"), "invitation_link"));
    }

    /**
     * The audit log, the newest first, page by page as the stream is read.
     *
     * <pre>{@code
     * latchkey.account().auditLog().limit(50).forEach(it -> System.out.println(it.get("action")));
     * }</pre>
     */
    public Stream<Json> auditLog() {
        ApiRequest request = ApiRequest.get("/audit-log").withQuery("limit", Integer.toString(PAGE));
        return Pages.linked(cursor -> {
            List<Json> rows =
                    api.read(Pages.at(request, "before", cursor), json -> Required.list(json, "data", one -> one));
            Optional<String> next = rows.size() < PAGE
                    ? Optional.empty()
                    : rows.get(rows.size() - 1).get("number").text();
            return new Pages.Page(rows, next);
        });
    }

    /**
     * Whether the audit log is as it was written; {@code fault} is the first row that is not.
     *
     * <pre>{@code
     * boolean intact = latchkey.account().verifyAuditLog(Optional.empty()).get("intact").asBoolean();
     * }</pre>
     *
     * @param anchor one that was kept elsewhere, which the log must have
     */
    public Json verifyAuditLog(Optional<String> anchor) {
        ApiRequest request = ApiRequest.get("/audit-log/verification");
        return api.read(Pages.at(request, "anchor", anchor), json -> {
            Required.flag(Required.object(json, "data"), "intact", false);
            return json.get("data");
        });
    }

    /**
     * Anchors the audit log now.
     *
     * <pre>{@code
     * String anchor = latchkey.account().anchorAuditLog().get("anchor").asText();
     * }</pre>
     */
    public Json anchorAuditLog() {
        return api.read(ApiRequest.of("POST", "/audit-log/anchor"), Account::data);
    }

    private List<Json> list(String path) {
        return api.read(ApiRequest.get(path), json -> Required.list(json, "data", one -> one));
    }

    private static Json data(Json json) {
        return Required.object(json, "data");
    }
}

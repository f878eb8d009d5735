package dev.latchkey.lab;

import dev.latchkey.catalogue.model.Body;
import dev.latchkey.catalogue.model.Call;
import dev.latchkey.catalogue.template.Template;
import dev.latchkey.catalogue.template.Text;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** AWS: STS, which issues a role's temporary keys to trusted accounts, and services that accept requests signed with them. */
final class RoleVendor implements Playing {
    private static final String LENT = "ASIALABLATCHKEY";

    private static final int MOST_ROLES = 10_000;

    /** For each role, the external id that its trust policy requires. */
    private final Map<String, String> conditions = new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, String> eldest) {
            return size() > MOST_ROLES;
        }
    };

    private final Stage stage;
    private final Text sts;

    /** @param sts where roles are assumed */
    RoleVendor(Stage stage, Text sts) {
        this.stage = stage;
        this.sts = sts;
    }

    @Override
    public void routes(Routes routes) {
        Text action = Text.of(Template.parse("AssumeRole", Template.Position.PLAIN));
        Call call = new Call(
                Call.Method.POST, sts, Map.of(), Map.of(), new Body.Form(Map.of("Action", action)), Optional.empty());
        routes.tokenCall(call, (captured, request) -> assume(request));
    }

    /** Every call is signed. */
    @Override
    public Optional<Caller> caller(LabRequest request, Map<String, String> captured) {
        return Optional.empty();
    }

    private Answer assume(LabRequest request) {
        Optional<SigV4Check.Signed> signed = SigV4Check.check(
                request,
                id -> id.equals("AKIALABLATCHKEY") ? Optional.of(stage.app.clientSecret()) : Optional.empty(),
                stage.clock.instant());
        if (signed.filter(it -> it.service().equals("sts")).isEmpty()) {
            return error(
                    "SignatureDoesNotMatch",
                    "The request signature we calculated does not match the one you provided.");
        }
        Map<String, String> form = request.form();
        String role = form.getOrDefault("RoleArn", "");
        if (!"AssumeRole".equals(form.get("Action")) || !role.matches("arn:aws[a-z-]*:iam::\\d{12}:role/.+")) {
            return error("ValidationError", "The request has no AssumeRole of a role.");
        }
        if (role.contains("wrong") || !isTrusted(role, Optional.ofNullable(form.get("ExternalId")))) {
            return error("AccessDenied", "The role does not trust this account with this external id.");
        }
        if (!(stage.grants.mint(TestUser.first(), "", request.host()) instanceof Grants.Outcome.Granted granted)) {
            throw new IllegalStateException("what is minted is granted");
        }
        String token = granted.issued().accessToken();
        String xml = """
                <AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult>
                <AssumedRoleUser><Arn>%s</Arn><AssumedRoleId>AROALAB:latchkey</AssumedRoleId></AssumedRoleUser>
                <Credentials><AccessKeyId>%s</AccessKeyId><SecretAccessKey>%s</SecretAccessKey>
                <SessionToken>%s</SessionToken><Expiration>%s</Expiration></Credentials>
                </AssumeRoleResult></AssumeRoleResponse>""".formatted(
                Page.escape(role), LENT, secret(token), token, granted.issued().expiresAt());
        return xml(200, xml, "tokens issued");
    }

    /**
     * A role's trust policy asks for the external id that its owner was shown before the role was made: here, the first one that
     * comes with it. A role whose name says that it is unconditional trusts our account, whatever the external id.
     */
    private boolean isTrusted(String role, Optional<String> externalId) {
        if (role.contains("unconditional")) {
            return true;
        }
        synchronized (conditions) {
            return externalId
                    .filter(id -> conditions.computeIfAbsent(role, first -> id).equals(id))
                    .isPresent();
        }
    }

    @Override
    public Optional<String> secretAccessKey(String id, LabRequest request) {
        return request.header("x-amz-security-token")
                .filter(token -> id.equals(LENT) && stage.grants.live(token).isPresent())
                .map(this::secret);
    }

    private String secret(String token) {
        return HexFormat.of()
                .formatHex(LabApp.digest("secret access key " + token, stage.provider.id()))
                .substring(0, 40);
    }

    private static Answer error(String code, String message) {
        return xml(
                403,
                "<ErrorResponse><Error><Code>" + code + "</Code><Message>" + message
                        + "</Message></Error></ErrorResponse>",
                code);
    }

    private static Answer xml(int status, String text, String outcome) {
        return new Answer(
                status,
                Map.of("content-type", "text/xml", "cache-control", "no-store"),
                text.getBytes(StandardCharsets.UTF_8),
                outcome);
    }
}

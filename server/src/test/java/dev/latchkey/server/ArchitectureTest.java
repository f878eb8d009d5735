package dev.latchkey.server;

import static com.tngtech.archunit.core.domain.JavaCall.Predicates.target;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.assignableTo;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.nameMatching;
import static com.tngtech.archunit.core.domain.properties.HasOwner.Predicates.With.owner;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.constructors;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.library.GeneralCodingRules;
import com.tngtech.archunit.library.dependencies.SlicesRuleDefinition;
import dev.latchkey.catalogue.model.Auth;
import dev.latchkey.server.audit.AuditLog;
import io.helidon.http.media.ReadableEntity;
import io.helidon.webserver.http.HttpRouting;
import java.security.KeyFactory;
import java.util.Set;
import javax.crypto.SecretKeyFactory;

/** Arrows point down: pages and API know the domain, the domain knows vault, egress and storage, and no other package knows API or pages. */
@AnalyzeClasses(packages = "dev.latchkey", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
    /** The generated templates know the pages' records, and the pages know them. */
    @ArchTest
    static final ArchRule packagesAreFreeOfCycles = SlicesRuleDefinition.slices()
            .matching("dev.latchkey.(**)")
            .should()
            .beFreeOfCycles()
            .ignoreDependency(resideInAPackage("..templates.."), DescribedPredicate.alwaysTrue());

    @ArchTest
    static final ArchRule onlyTheSurfaceKnowsTheApiAndThePages = noClasses()
            .that()
            .resideOutsideOfPackages(
                    "dev.latchkey.server",
                    "dev.latchkey.server.api",
                    "dev.latchkey.server.authorization",
                    "dev.latchkey.server.http",
                    "dev.latchkey.server.pages",
                    // Generated: they know the records of the pages that they draw.
                    "dev.latchkey.server.pages.templates..",
                    "dev.latchkey.server.dashboard",
                    "dev.latchkey.server.connectui")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "dev.latchkey.server.api",
                    "dev.latchkey.server.authorization",
                    "dev.latchkey.server.http",
                    "dev.latchkey.server.pages",
                    "dev.latchkey.server.dashboard",
                    "dev.latchkey.server.connectui");

    @ArchTest
    static final ArchRule theGroundKnowsNoDomain = noClasses()
            .that()
            .resideInAnyPackage(
                    "..server.storage",
                    "..server.vault",
                    "..server.egress",
                    "..server.configuration",
                    "..server.json",
                    "..server.secrets")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "..server.connections",
                    "..server.integrations",
                    "..server.connect",
                    "..server.refresh",
                    "..server.tokens");

    @ArchTest
    static final ArchRule theCatalogueIsIndependent = noClasses()
            .that()
            .resideInAPackage("dev.latchkey.catalogue..")
            .should()
            .dependOnClassesThat(resideInAPackage("dev.latchkey.server..").or(resideInAPackage("dev.latchkey.lab..")));

    @ArchTest
    static final ArchRule theLabDoesNotKnowTheProduct = noClasses()
            .that()
            .resideInAPackage("dev.latchkey.lab")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("dev.latchkey.server..");

    /** The client and the command line are processes of their own, with no guard but the JDK's; the server, its lab and its catalogue have one way out. */
    @ArchTest
    static final ArchRule onlyTheEgressOpensConnectionsToVendors = noClasses()
            .that()
            .resideOutsideOfPackages(
                    "..server.egress", "..server.commands", "dev.latchkey.client..", "dev.latchkey.connectors..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("org.apache.hc..", "java.net.http..");

    /** They are loaded only where a collector is configured, and no span says what {@code Span.Fact} does not list. */
    @ArchTest
    static final ArchRule onlyTelemetryKnowsOpenTelemetry = noClasses()
            .that()
            .resideOutsideOfPackage("dev.latchkey.server.telemetry")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("io.opentelemetry..", "io.micrometer.registry.otlp..");

    /** D9: {@code UUID.fromString} throws for what strangers write into a path, and reads other forms than that of an id. */
    @ArchTest
    static final ArchRule idsThatSomebodySentAreParsedInOneWay = noClasses()
            .that()
            .resideInAnyPackage(
                    "..server.api",
                    "..server.authorization",
                    "..server.connectui",
                    "..server.dashboard",
                    "..server.http",
                    "..server.pages",
                    "..server.providers")
            .and()
            .doNotHaveFullyQualifiedName("dev.latchkey.server.providers.Providers")
            .should()
            .callMethod(java.util.UUID.class, "fromString", String.class)
            .because("Ids.parse is empty for what is no id");

    /** D3: a route's callers are limited because there is one way to register it, which asks how. */
    @ArchTest
    static final ArchRule routesAreRegisteredAtDoorsOnly = noClasses()
            .that()
            .resideInAPackage("dev.latchkey..")
            .and()
            .haveNameNotMatching("dev\\.latchkey\\.server\\.http\\.Doors(\\$Counted)?")
            .should()
            .callMethodWhere(DescribedPredicate.describe(
                    "registers a route with the server itself",
                    call -> call.getTargetOwner().isAssignableTo(HttpRouting.Builder.class)
                            && Set.of(
                                            "route",
                                            "any",
                                            "register",
                                            "get",
                                            "post",
                                            "put",
                                            "delete",
                                            "head",
                                            "options",
                                            "trace",
                                            "patch")
                                    .contains(call.getName())));

    @ArchTest
    static final ArchRule theClientDoesNotKnowTheServer = noClasses()
            .that()
            .resideInAnyPackage("dev.latchkey.client..", "dev.latchkey.connectors..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("dev.latchkey.server..", "dev.latchkey.lab..");

    /**
     * A kind of authentication is one room: all other code asks for facts, so that it never changes for a new kind. The flows, and what
     * makes credentials of one kind, get its definition from its class in {@code kinds}.
     */
    @ArchTest
    static final ArchRule onlyTheClassesOfAKindKnowItsVariant = noClasses()
            .that()
            .resideOutsideOfPackages(
                    "dev.latchkey.catalogue.model",
                    "dev.latchkey.catalogue.reader",
                    "dev.latchkey.server.kinds",
                    "dev.latchkey.lab")
            .and()
            .haveNameNotMatching("dev\\.latchkey\\.server\\.connect\\.\\w+Flows?")
            .and()
            .haveNameNotMatching(
                    "dev\\.latchkey\\.server\\.(tokens\\.(AssumedRoles|ExchangeSteps|Installations|SelfSigned)"
                            + "|mcp\\.McpServers)")
            .should()
            .dependOnClassesThat(DescribedPredicate.describe(
                    "are variants of Auth", type -> type.isAssignableTo(Auth.class) && type.isRecord()));

    @ArchTest
    static final ArchRule onlyMainWritesToTheTerminal = noClasses()
            .that()
            .doNotHaveFullyQualifiedName("dev.latchkey.server.Main")
            .should(GeneralCodingRules.ACCESS_STANDARD_STREAMS);

    /** Its readers of forms take time with the square of the body, and none knows a limit (security.md D13). */
    /** The operation itself records it, whether the API or a page asked for it. */
    @ArchTest
    static final ArchRule pagesAndRoutesWriteNoAuditRows = noClasses()
            .that()
            .resideInAnyPackage("..server.api..", "..server.dashboard..", "..server.connectui..", "..server.commands..")
            .should()
            .callMethodWhere(target(owner(assignableTo(AuditLog.class))).and(target(nameMatching("append.*"))));

    @ArchTest
    static final ArchRule noBodyIsReadByTheFramework = noClasses()
            .should()
            .callMethodWhere(target(owner(assignableTo(ReadableEntity.class)))
                    .and(target(nameMatching("as|asOptional|consume")))
                    .as("have the web server read a body: use BoundedBody or Form, which are bounded"));

    @ArchTest
    static final ArchRule onlyBoundedReadersTouchTheStreamOfABody = noClasses()
            .that()
            .doNotHaveFullyQualifiedName("dev.latchkey.server.http.BoundedBody")
            .and()
            .doNotHaveFullyQualifiedName("dev.latchkey.server.http.ClientBody")
            .and()
            .doNotHaveFullyQualifiedName("dev.latchkey.lab.Lab")
            .should()
            .callMethodWhere(target(owner(assignableTo(ReadableEntity.class)))
                    .and(target(nameMatching("inputStream")))
                    .as("read a body's stream: BoundedBody does, and ClientBody for the proxy"));

    /** The JDK computes with whatever numbers a key has: PrivateKeys refuses those that would take forever. */
    @ArchTest
    static final ArchRule privateKeysAreReadInOnePlace = noClasses()
            .that()
            .doNotHaveFullyQualifiedName("dev.latchkey.catalogue.keys.PrivateKeys")
            .should()
            .callMethodWhere(target(owner(assignableTo(KeyFactory.class)))
                    .and(target(nameMatching("generatePrivate")))
                    .as("read a private key: PrivateKeys.parse or use does, within KeyLimits"));

    /** A count of rounds that a caller chose is work that a caller chose. The command line's sealed file is one's own. */
    @ArchTest
    static final ArchRule keysAreDerivedFromPasswordsInFewPlaces = noClasses()
            .that()
            .doNotHaveFullyQualifiedName("dev.latchkey.server.commands.SealedFile")
            .and()
            .doNotHaveFullyQualifiedName("dev.latchkey.server.datastores.Scram")
            .should()
            .dependOnClassesThat()
            .areAssignableTo(SecretKeyFactory.class);

    /** More is a part that wants to be two, or a wiring unit that wants to be passed whole. */
    @ArchTest
    static final ArchRule constructorsTakeAtMostEightParameters = constructors()
            .that()
            .areDeclaredInClassesThat()
            .resideInAPackage("dev.latchkey.server..")
            .and()
            .areDeclaredInClassesThat()
            .resideOutsideOfPackage("..templates..")
            .and()
            .areDeclaredInClassesThat()
            .areNotRecords()
            .and()
            .areDeclaredInClassesThat()
            .areNotAnonymousClasses()
            .should()
            .haveRawParameterTypes(DescribedPredicate.describe("at most eight", types -> types.size() <= 8));

    /** More are built by position, where a swap of two compiles: what belongs together is a record of its own. */
    @ArchTest
    static final ArchRule recordsHaveAtMostTenComponents = constructors()
            .that()
            .areDeclaredInClassesThat()
            .resideInAPackage("dev.latchkey.server..")
            .and()
            .areDeclaredInClassesThat()
            .areRecords()
            .should()
            .haveRawParameterTypes(DescribedPredicate.describe("at most ten", types -> types.size() <= 10));

    /** C5: how long {@code Arrays.equals} takes says how much of a guess was right. These compare what is no secret. */
    @ArchTest
    static final ArchRule secretsAreComparedInConstantTime = noClasses()
            .that()
            .resideInAPackage("dev.latchkey.server..")
            .and()
            .doNotHaveFullyQualifiedName("dev.latchkey.server.access.Cidr")
            .and()
            .doNotHaveFullyQualifiedName("dev.latchkey.server.commands.SealedFile")
            .and()
            .doNotHaveFullyQualifiedName("dev.latchkey.server.wire.ResponseWriter")
            .should()
            .callMethod(java.util.Arrays.class, "equals", byte[].class, byte[].class)
            .because("MessageDigest.isEqual takes the same time for every input");

    @ArchTest
    static final ArchRule noClassIsNamedHelperOrUtils =
            classes().should().haveNameNotMatching(".*(Utils?|Helper|Manager|Impl|Dto)");

    /**
     * A secret reaches an answer or a page only by {@code Disclosure} and {@code Disclosed}, which ask for the right. These read
     * what a person sent, or set a cookie.
     */
    @ArchTest
    static final ArchRule routesAndPagesTakeNoSecretIntoTheirOwnHands = noClasses()
            .that()
            .resideInAnyPackage(
                    "dev.latchkey.server.api..",
                    "dev.latchkey.server.authorization..",
                    "dev.latchkey.server.http..",
                    "dev.latchkey.server.pages..",
                    "dev.latchkey.server.dashboard..",
                    "dev.latchkey.server.connectui..",
                    "gg.jte..")
            .and()
            .haveNameNotMatching(".*\\.DashboardCookies")
            .should()
            .callMethod(dev.latchkey.server.secrets.Secret.class, "reveal")
            .orShould()
            .callMethod(
                    dev.latchkey.server.connections.CredentialsJson.class,
                    "stored",
                    dev.latchkey.server.connections.Credentials.class);
}

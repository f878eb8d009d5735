package dev.latchkey.catalogue.model;

import dev.latchkey.catalogue.template.Text;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** Of an AWS role that is assumed. */
record AwsRoleFacts(Auth.AwsRole auth) implements MintedFacts {
    @Override
    public String mode() {
        return "AWS_SIGV4";
    }

    @Override
    public String words() {
        return "AWS role";
    }

    @Override
    public String label() {
        return "AWS role";
    }

    @Override
    public boolean holdsStaticSecret() {
        return false;
    }

    @Override
    public List<String> setupSteps() {
        return List.of(Sentences.CREATE, "Each user makes a role that trusts your AWS account, with an external id.");
    }

    @Override
    public List<String> notes() {
        return List.of(
                "The role is assumed with an external id that Latchkey makes, and is refused if it can be assumed"
                        + " without one; each call is signed (SigV4).");
    }

    @Override
    public List<Text> addresses() {
        return List.of(auth.sts());
    }

    /** In place of AWS's own, with what the operator's endpoint takes as its credential. */
    @Override
    public Set<String> hostSettings() {
        return Set.of(Auth.AwsRole.STS_ENDPOINT);
    }

    @Override
    public Auth.Expiry expiry() {
        return auth.expiry();
    }

    /** The deputy makes the id that says for whom it acts: "The confused deputy problem" in AWS's guide to IAM. */
    @Override
    public Stream<String> generated() {
        return auth.externalId().alternatives().stream()
                .flatMap(template -> template.references().stream())
                .filter(reference -> reference.root().equals("config"))
                .map(reference -> reference.path().get(0));
    }
}

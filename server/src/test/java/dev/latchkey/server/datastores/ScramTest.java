package dev.latchkey.server.datastores;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** SCRAM as its RFCs and MongoDB's specification of authentication have it, by their own examples. */
class ScramTest {
    /** RFC 7677 section 3. */
    @Test
    void sha256AsInTheRfc() throws Exception {
        Scram scram = new Scram(Scram.Login.sha256("user", "pencil"), "rOprNGfwEbeRWgbNEkqO");

        assertThat(scram.clientFirst()).isEqualTo("n,,n=user,r=rOprNGfwEbeRWgbNEkqO");
        assertThat(scram.clientFinal(
                        "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"))
                .isEqualTo("c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
                        + "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=");
        assertThatCode(() -> scram.verify("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="))
                .doesNotThrowAnyException();
        assertThatThrownBy(() -> scram.verify("v=7rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="))
                .isInstanceOf(RefusedException.class);
        assertThatThrownBy(() -> scram.verify("e=invalid-proof")).hasMessage("invalid-proof");
    }

    /** MongoDB's "Authentication" specification, SCRAM-SHA-1: its hash of the password comes first. */
    @Test
    void sha1AsInMongoDbsSpecification() throws Exception {
        Scram scram = new Scram(Scram.Login.sha1("user", "pencil"), "fyko+d2lbbFgONRv9qkxdawL");

        assertThat(
                        scram.clientFinal(
                                "r=fyko+d2lbbFgONRv9qkxdawLHo+Vgk7qvUOKUwuWLIWg4l/9SraGMHEE,s=rQ9ZY3MntBeuP3E1TDVC4w==,i=10000"))
                .isEqualTo("c=biws,r=fyko+d2lbbFgONRv9qkxdawLHo+Vgk7qvUOKUwuWLIWg4l/9SraGMHEE,"
                        + "p=MC2T8BvbmWRckDw8oWl5IVghwCY=");
        assertThatCode(() -> scram.verify("v=UMWeI25JD1yNYZRMpZ4VHvhZ9e0=")).doesNotThrowAnyException();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "r=abc",
                "r=abcdef,s=QUFB,i=4095",
                "r=abcdef,s=QUFB,i=100001",
                "r=abcdef,s=QUFB,i=2147483647",
                "r=abcdef,s=QUFB,i=4294967296",
                "r=abcdef,s=QUFB,i=-4096",
                "r=abcdef,s=,i=4096",
                "r=abcdef,s=%%%,i=4096",
                "r=abc,s=QUFB,i=4096",
                "r=xyz,s=QUFB,i=4096",
                "i=4096,s=QUFB"
            })
    void refusesWhatIsNoChallengeOrCostsTooMuch(String serverFirst) throws Exception {
        Scram scram = new Scram(Scram.Login.sha256("user", "pencil"), "abc");

        assertThatThrownBy(() -> scram.clientFinal(serverFirst))
                .isInstanceOf(RefusedException.class)
                .hasMessageNotContaining("pencil");
    }
}

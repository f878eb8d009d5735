package dev.latchkey.client.testing;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Gives each test of a class an empty {@link FakeLatchkey}, as a parameter of methods or of the constructor, and a client for it:
 *
 * <pre>{@code
 * @LatchkeyTest
 * class ReportTest {
 *     @Test
 *     void usesTheUsersToken(FakeLatchkey fake, Latchkey latchkey) {
 *         fake.connection("github", "user-42").withToken("token-1");
 *         new Report(latchkey).of("user-42");
 *     }
 * }
 * }</pre>
 *
 * <p>JUnit 5 and 6. One fake serves the tests of a class, and forgets everything after each. Tests of a class that run at the same time need
 * {@link FakeLatchkey#start} instead.
 */
@Documented
@Inherited
@Target({ElementType.TYPE, ElementType.ANNOTATION_TYPE})
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(LatchkeyExtension.class)
public @interface LatchkeyTest {}

/** Settings from the environment and the command line. Begin with {@link dev.latchkey.server.configuration.Configuration}. */
@NullMarked
package dev.latchkey.server.configuration;

import org.jspecify.annotations.NullMarked;

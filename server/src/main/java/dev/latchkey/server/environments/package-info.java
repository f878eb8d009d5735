/** Isolation: environments, their API keys and settings. */
@NullMarked
package dev.latchkey.server.environments;

import org.jspecify.annotations.NullMarked;

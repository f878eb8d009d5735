/** Routes, requests and responses, error mapping. Thin. */
@NullMarked
package dev.latchkey.server.api;

import org.jspecify.annotations.NullMarked;

/** The sign of the product: a message that is stored and answered. */
export function Logo() {
  return (
    <svg class="logo" viewBox="0 0 32 32" aria-hidden="true">
      <path
        class="logo-bubble"
        d="M8 2h16a6 6 0 0 1 6 6v11a6 6 0 0 1-6 6H14.5l-6.3 4.7a.75.75 0 0 1-1.2-.6v-4.2A6 6 0 0 1 2 19V8a6 6 0 0 1 6-6Z"
      />
      <path class="logo-check" d="m7.5 14 3.7 3.7L18 10.2" />
      <path class="logo-second-check" d="m14.7 16 1.7 1.7L24 9.3" />
    </svg>
  );
}

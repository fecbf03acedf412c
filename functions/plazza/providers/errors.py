"""What can go wrong with a provider, without its text: that may hold a key, a phone number or an address."""

from plazza.errors import Conflict, Unavailable


class ProviderDown(Unavailable):
    """No answer, or one that says to come back: asking again later is right. It may have acted all the same."""

    def __init__(self, provider: str, operation: str, status: int | None = None, *, retry_after_sec: int = 5) -> None:
        super().__init__(
            f"{provider} does not answer; try again.",
            retry_after_sec,
            provider=provider,
            operation=operation,
            providerStatus=status,
        )


class ProviderRefused(Conflict):
    """An answer that asking again will not change; `provider_code` is the provider's own word for it."""

    def __init__(
        self, provider: str, operation: str, status: int | None = None, provider_code: str | None = None
    ) -> None:
        super().__init__(
            f"{provider} refuses this.",
            provider=provider,
            operation=operation,
            providerStatus=status,
            providerCode=provider_code,
        )
        self.provider_code = provider_code

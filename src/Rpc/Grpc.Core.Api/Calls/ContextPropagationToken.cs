namespace Grpc.Core;

/// <summary>Ties a call made inside a handler to the call that the handler answers.</summary>
/// <remarks>
/// Only a server makes them. The ASP.NET Core server does not: it propagates through its client factory, and its
/// <see cref="ServerCallContext.CreatePropagationToken"/> is not supported.
/// </remarks>
public abstract class ContextPropagationToken
{
    private protected ContextPropagationToken()
    {
    }
}

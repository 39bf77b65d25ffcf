namespace Grpc.Core;

/// <summary>Takes the methods of a service one by one; generated code calls it, the server implements it.</summary>
public abstract class ServiceBinderBase
{
    /// <summary>Takes a method with one request and one response.</summary>
    /// <param name="method">The method.</param>
    /// <param name="handler">Answers the calls; null where only the description of the service is wanted.</param>
    /// <exception cref="NotImplementedException">This binder has no such methods.</exception>
    public virtual void AddMethod<TRequest, TResponse>(
        Method<TRequest, TResponse> method,
        UnaryServerMethod<TRequest, TResponse>? handler)
        where TRequest : class
        where TResponse : class
    {
        throw Refusal("one request and one response");
    }

    /// <summary>Takes a method with a stream of requests and one response.</summary>
    /// <param name="method">The method.</param>
    /// <param name="handler">Answers the calls; null where only the description of the service is wanted.</param>
    /// <exception cref="NotImplementedException">This binder has no such methods.</exception>
    public virtual void AddMethod<TRequest, TResponse>(
        Method<TRequest, TResponse> method,
        ClientStreamingServerMethod<TRequest, TResponse>? handler)
        where TRequest : class
        where TResponse : class
    {
        throw Refusal("a stream of requests and one response");
    }

    /// <summary>Takes a method with one request and a stream of responses.</summary>
    /// <param name="method">The method.</param>
    /// <param name="handler">Answers the calls; null where only the description of the service is wanted.</param>
    /// <exception cref="NotImplementedException">This binder has no such methods.</exception>
    public virtual void AddMethod<TRequest, TResponse>(
        Method<TRequest, TResponse> method,
        ServerStreamingServerMethod<TRequest, TResponse>? handler)
        where TRequest : class
        where TResponse : class
    {
        throw Refusal("one request and a stream of responses");
    }

    /// <summary>Takes a method with a stream each way.</summary>
    /// <param name="method">The method.</param>
    /// <param name="handler">Answers the calls; null where only the description of the service is wanted.</param>
    /// <exception cref="NotImplementedException">This binder has no such methods.</exception>
    public virtual void AddMethod<TRequest, TResponse>(
        Method<TRequest, TResponse> method,
        DuplexStreamingServerMethod<TRequest, TResponse>? handler)
        where TRequest : class
        where TResponse : class
    {
        throw Refusal("a stream each way");
    }

    private NotImplementedException Refusal(string shape) => new($"{GetType().Name} takes no method with {shape}.");
}

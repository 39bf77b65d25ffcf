namespace Grpc.Core;

/// <summary>The requests of a streaming call, at the client.</summary>
/// <typeparam name="T">The request message.</typeparam>
public interface IClientStreamWriter<in T> : IAsyncStreamWriter<T>
{
    /// <summary>Says that no further request will come. To be called once, after the last write has ended.</summary>
    public Task CompleteAsync();
}

import { expect } from 'chai';
import { surfacesOf } from '../../src/spec-kitty/surfaces.js';

describe('the hosted surfaces', () => {
  it('lie below the server, each with its slash', () => {
    expect(surfacesOf('https://teamspace.example')).to.deep.equal({
      batchUrl: 'https://teamspace.example/api/v1/events/batch/',
      healthUrl: 'https://teamspace.example/api/v1/sync/health/',
      tokenUrl: 'https://teamspace.example/api/v1/token/',
      tokenRefreshUrl: 'https://teamspace.example/api/v1/token/refresh/',
      webSocketUrl: 'wss://teamspace.example/ws/v1/events/',
      trackerBaseUrl: 'https://teamspace.example/api/v1/tracker/',
    });
  });

  it('keep path, port and query, and the security of the scheme', () => {
    const { batchUrl, webSocketUrl } = surfacesOf('http://localhost:8000/kitty?zone=1');
    expect(batchUrl).to.equal('http://localhost:8000/kitty/api/v1/events/batch/?zone=1');
    expect(webSocketUrl).to.equal('ws://localhost:8000/kitty/ws/v1/events/?zone=1');
  });

  it('share one origin', () => {
    const { webSocketUrl, ...rest } = surfacesOf('https://teamspace.example:8443/x');
    const origins = Object.values(rest).map((url) => new URL(url).origin);
    expect(new Set(origins)).to.deep.equal(new Set(['https://teamspace.example:8443']));
    expect(new URL(webSocketUrl).host).to.equal('teamspace.example:8443');
  });
});
